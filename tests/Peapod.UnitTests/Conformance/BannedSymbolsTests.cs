using System.Reflection;

namespace Peapod.UnitTests.Conformance;

/// <summary>
/// The lists of what must not be called (src/BannedSymbols*.txt). The analyzer passes over a line whose symbol does not exist, so a slip of the pen
/// would be no ban.
/// </summary>
public sealed class BannedSymbolsTests
{
    public static TheoryData<string> Lines => new(Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "BannedSymbols*.txt").SelectMany(File.ReadLines));

    [Theory]
    [MemberData(nameof(Lines))]
    public void A_ban_names_a_symbol_that_exists_and_gives_a_reason(string line)
    {
        var parts = line.Split(';', 2);

        Assert.True(parts is [_, { Length: > 20 }], "the reason is missing");
        Assert.True(Exists(parts[0]), $"there is no {parts[0]}");
    }

    [Theory]
    [InlineData("T:System.IO.Fil")]
    [InlineData("M:System.IO.Path.GetTempFileName(System.String)")]
    public void A_slip_of_the_pen_would_be_found(string symbol) => Assert.False(Exists(symbol));

    [Fact]
    public void Every_list_is_given_to_the_compiler()
    {
        var props = File.ReadAllText(Path.Combine(Repository.Root, "src", "Directory.Build.props"));

        Assert.All(Directory.GetFiles(Path.Combine(Repository.Root, "src"), "BannedSymbols*.txt"), path => Assert.Contains(Path.GetFileName(path), props, StringComparison.Ordinal));
    }

    /// <param name="symbol">In the form of documentation comments' ids: T:TYPE, M:TYPE.METHOD(PARAMETERS).</param>
    private static bool Exists(string symbol)
    {
        var name = symbol[2..];
        if (symbol[0] == 'T')
        {
            return FindType(name) is not null;
        }

        var bracket = name.IndexOf('(', StringComparison.Ordinal);
        var (path, parameters) = bracket < 0 ? (name, "") : (name[..bracket], name[(bracket + 1)..^1]);
        var dot = path.LastIndexOf('.');
        var method = path[(dot + 1)..].Replace("#ctor", ".ctor", StringComparison.Ordinal);
        return FindType(path[..dot].TrimEnd('.'))?.GetMembers().OfType<MethodBase>().Any(found => found.Name == method && string.Join(',', found.GetParameters().Select(static parameter => parameter.ParameterType.FullName)) == parameters) == true;
    }

    private static Type? FindType(string name)
    {
        foreach (var path in ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(':').Where(static path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal)))
        {
            if (Type.GetType($"{name}, {Path.GetFileNameWithoutExtension(path)}", throwOnError: false) is { } found)
            {
                return found;
            }
        }

        return null;
    }
}
