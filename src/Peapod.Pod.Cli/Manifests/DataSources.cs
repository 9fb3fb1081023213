using System.CommandLine;
using System.Text;
using Peapod.Kernel;
using Peapod.Kernel.Files;
using Peapod.Kernel.Interop;
using Peapod.Pod.Manifest;

namespace Peapod.Pod.Cli.Manifests;

/// <summary>kubectl's <c>--from-literal</c>, <c>--from-file</c> and <c>--from-env-file</c>: keys and what they hold.</summary>
internal sealed class DataSources
{
    private readonly Option<string[]> literals = new("--from-literal") { Description = "KEY=VALUE; repeatable", HelpName = "KEY=VALUE" };
    private readonly Option<string[]> files = new("--from-file") { Description = "[KEY=]FILE, or a folder whose files are meant; repeatable", HelpName = "[KEY=]PATH" };
    private readonly Option<string[]> variables = new("--from-env-file") { Description = "a file of lines KEY=VALUE; repeatable", HelpName = "FILE" };

    internal void AddTo(Command command)
    {
        command.Options.Add(literals);
        command.Options.Add(files);
        command.Options.Add(variables);
    }

    /// <exception cref="PodException">One cannot be read, or a key comes twice.</exception>
    internal SortedDictionary<string, byte[]> Read(ParseResult parsed)
    {
        var contents = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var literal in parsed.GetValue(literals) ?? [])
        {
            if (literal.IndexOf('=', StringComparison.Ordinal) is not (> 0 and var equals))
            {
                throw new PodException($"--from-literal {literal}: expected KEY=VALUE");
            }

            Add(contents, "--from-literal", literal[..equals], Encoding.UTF8.GetBytes(literal[(equals + 1)..]));
        }

        foreach (var file in parsed.GetValue(files) ?? [])
        {
            AddFiles(contents, file);
        }

        foreach (var file in parsed.GetValue(variables) ?? [])
        {
            AddVariables(contents, file);
        }

        return contents;
    }

    /// <param name="flag">That names the file.</param>
    /// <param name="path">The file; - for standard input.</param>
    internal static byte[] ReadFile(string flag, string path)
    {
        try
        {
            return FileSystem.ReadInput(path, ManifestReader.MaximumSize);
        }
        catch (KernelException e)
        {
            throw new PodException($"{flag} {path}: {(e.Error == Errno.EFBIG ? $"larger than {ManifestReader.MaximumSize} bytes" : KernelException.Describe(e.Error))}", e);
        }
    }

    /// <summary>What is no UTF-8 is binary, and so is a NUL, as for kubectl.</summary>
    internal static bool IsText(ReadOnlySpan<byte> content) => System.Text.Unicode.Utf8.IsValid(content) && !content.Contains((byte)0);

    private static void AddFiles(SortedDictionary<string, byte[]> contents, string given)
    {
        const string flag = "--from-file";
        var equals = given.IndexOf('=', StringComparison.Ordinal);
        var (key, path) = equals < 0 ? (null, given) : (given[..equals], given[(equals + 1)..]);
        if (path.Length == 0 || key is { Length: 0 })
        {
            throw new PodException($"{flag} {given}: expected [KEY=]PATH");
        }

        if (FileSystem.TryStat(path) is not { IsDirectory: true })
        {
            Add(contents, flag, key ?? Path.GetFileName(path), ReadFile(flag, path));
            return;
        }

        if (key is not null)
        {
            throw new PodException($"{flag} {given}: cannot give a key name for a directory path");
        }

        var names = FileSystem.List(path);
        names.Sort(StringComparer.Ordinal);
        foreach (var name in names)
        {
            // Only what is a file itself, as kubectl has it; subfolders and links are passed over.
            if (FileSystem.TryStat($"{path}/{name}", followSymlinks: false)?.Type == Libc.S_IFREG)
            {
                Add(contents, flag, name, ReadFile(flag, $"{path}/{name}"));
            }
        }
    }

    private static void AddVariables(SortedDictionary<string, byte[]> contents, string file)
    {
        const string flag = "--from-env-file";
        var lines = Encoding.UTF8.GetString(ReadFile(flag, file)).TrimStart('\ufeff').Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].TrimEnd('\r').TrimStart();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var equals = line.IndexOf('=', StringComparison.Ordinal);
            var key = equals < 0 ? line : line[..equals];
            if (key.Length == 0 || NameRules.EnvVarName(key) is not null)
            {
                throw new PodException($"{flag} {file}:{i + 1}: \"{key}\" is not a valid key name");
            }

            // A name alone stands for the variable of the caller.
            Add(contents, $"{flag} {file}:{i + 1}", key, Encoding.UTF8.GetBytes(equals < 0 ? Environment.GetEnvironmentVariable(key) ?? "" : line[(equals + 1)..]));
        }
    }

    private static void Add(SortedDictionary<string, byte[]> contents, string source, string key, byte[] content)
    {
        if (NameRules.ConfigMapKey(key) is { } wrong)
        {
            throw new PodException($"{source}: \"{key}\" is not a valid key name: {wrong}");
        }

        if (!contents.TryAdd(key, content))
        {
            throw new PodException($"{source}: cannot add key {key}, another key by that name already exists");
        }
    }
}
