using System.Text.Json.Nodes;

namespace Peapod.HostTests.Harness;

/// <summary>A bundle with busybox as its root file system, a state folder, and the promise that nothing is left at the end.</summary>
internal sealed class Bundle : IDisposable
{
    private static readonly Lazy<string> Rootfs = new(MakeRootfs);
    private readonly Traces before = Traces.Now();

    internal Bundle(params string[] args)
    {
        Folder = Directory.CreateTempSubdirectory("peapod-test-").FullName;
        Root = Path.Combine(Folder, "state");
        var copied = PeapodCommand.Start("cp", "-a", Rootfs.Value, Path.Combine(Folder, "rootfs"));
        Assert.Equal(0, copied.ExitCode);
        Assert.Equal(0, PeapodCommand.Run("spec", "--bundle", Folder).ExitCode);
        Edit(config =>
        {
            config["process"]!["terminal"] = false;
            config["process"]!["args"] = new JsonArray([.. args.Select(static arg => JsonValue.Create(arg))]);
        });
    }

    internal string Folder { get; }

    internal string Root { get; }

    internal string Id { get; } = $"test-{Guid.NewGuid():N}"[..16];

    internal string ConfigPath => Path.Combine(Folder, "config.json");

    internal string PathInRootfs(string path) => Path.Combine(Folder, "rootfs", path.TrimStart('/'));

    internal Bundle Edit(Action<JsonNode> change)
    {
        var config = JsonNode.Parse(File.ReadAllText(ConfigPath))!;
        change(config);
        File.WriteAllText(ConfigPath, config.ToJsonString());
        return this;
    }

    /// <summary>Sets one field, named as in error sentences: <c>process.user</c>, <c>mounts[3].options</c>, <c>mounts[+]</c> for one more.</summary>
    internal Bundle Set(string field, string json) => Edit(config =>
    {
        var node = config;
        var parts = field.Replace("[", ".[", StringComparison.Ordinal).Split('.');
        foreach (var part in parts[..^1])
        {
            node = part[0] == '[' ? node[int.Parse(part.Trim('[', ']'))]! : node[part] ??= part == "mounts" ? new JsonArray() : new JsonObject();
        }

        var value = JsonNode.Parse(json);
        switch (parts[^1])
        {
            case "[+]":
                node.AsArray().Add(value);
                break;
            case ['[', ..] index:
                node[int.Parse(index.Trim('[', ']'))] = value;
                break;
            default:
                node[parts[^1]] = value;
                break;
        }
    });

    /// <summary>One more bind mount, or another with a type.</summary>
    internal Bundle Mount(string source, string destination, string type, params string[] options) => Set("mounts[+]", new JsonObject
    {
        ["destination"] = destination,
        ["source"] = source,
        ["type"] = type,
        ["options"] = new JsonArray([.. options.Select(static option => JsonValue.Create(option))]),
    }.ToJsonString());

    /// <summary>The namespaces in place of the usual ones: <c>pid</c> makes one, <c>network=/path</c> joins one.</summary>
    internal Bundle Namespaces(params string[] namespaces) => Edit(config => config["linux"]!["namespaces"] = new JsonArray([.. namespaces.Select(static text =>
    {
        var parts = text.Split('=');
        return parts.Length == 1 ? new JsonObject { ["type"] = parts[0] } : new JsonObject { ["type"] = parts[0], ["path"] = parts[1] };
    })]));

    /// <summary>Maps the container's ids to others of the host, for whom the bundle's folder is no secret. The user namespace is the caller's to list.</summary>
    internal Bundle Mapped()
    {
        const string mappings = """[{"containerID": 0, "hostID": 100000, "size": 1000}]""";
        File.SetUnixFileMode(Folder, File.GetUnixFileMode(Folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        return Set("linux.uidMappings", mappings).Set("linux.gidMappings", mappings);
    }

    /// <summary>The output of a run that must end well and say nothing on standard error.</summary>
    internal string RunOutput()
    {
        var result = Run();
        Assert.True(result.Error.Length == 0, result.Error);
        Assert.Equal(0, result.ExitCode);
        return result.Output;
    }

    /// <summary>Runs the container detached, and returns the number of its process.</summary>
    internal int RunDetached()
    {
        var result = Peapod("run", "--detach", "--bundle", Folder, Id);
        Assert.Equal("", result.Error);
        Assert.Equal(0, result.ExitCode);
        return (int)State()["pid"]!;
    }

    internal CommandResult Exec(params string[] arguments) => Peapod(["exec", .. arguments]);

    internal CommandResult Peapod(params string[] arguments) => PeapodCommand.Run(["--root", Root, .. arguments]);

    internal CommandResult Run() => Peapod("run", "--bundle", Folder, Id);

    internal CommandResult Create() => Peapod("create", "--bundle", Folder, "--pid-file", Path.Combine(Folder, "pid"), Id);

    internal JsonNode State() => JsonNode.Parse(Peapod("state", Id).Output)!;

    internal string Status => (string)State()["status"]!;

    internal void WaitFor(string status)
    {
        for (var tries = 0; tries < 100 && Status != status; tries++)
        {
            Thread.Sleep(20);
        }

        Assert.Equal(status, Status);
    }

    /// <summary>The host is as it was before the bundle was made.</summary>
    internal void AssertUnchanged() => before.AssertSame();

    /// <summary>Ends what the test left running, and checks that nothing of it stays.</summary>
    public void Dispose()
    {
        Peapod("delete", "--force", Id);
        if (Directory.Exists(Root))
        {
            // Compiled filters stay for the next container.
            Assert.DoesNotContain(Directory.GetFileSystemEntries(Root), static path => Path.GetFileName(path) != "@seccomp");
        }

        before.AssertSame();
        Directory.Delete(Folder, recursive: true);
    }

    private static string MakeRootfs()
    {
        if (Environment.GetEnvironmentVariable("PEAPOD_ROOTFS") is { } made)
        {
            return made;
        }

        var folder = Directory.CreateTempSubdirectory("peapod-rootfs-").FullName;
        var script = Path.GetFullPath(Path.Combine(PeapodCommand.Out, "..", "rootfs-fixtures", "make-bundle"));
        var result = PeapodCommand.Start(script, folder);
        Assert.True(result.ExitCode == 0, result.Error);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return Path.Combine(folder, "rootfs");
    }
}
