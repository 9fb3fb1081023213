namespace Peapod.UnitTests;

/// <summary>The folder that the tests were built from.</summary>
internal static class Repository
{
    internal static string Root { get; } = Find();

    private static string Find()
    {
        var folder = AppContext.BaseDirectory.TrimEnd('/');
        while (!File.Exists(Path.Combine(folder, "Runtime.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new FileNotFoundException("Runtime.sln");
        }

        return folder;
    }
}
