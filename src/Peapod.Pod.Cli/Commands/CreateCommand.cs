using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using Peapod.Pod.Cli.Manifests;
using Peapod.Pod.Cli.Output;
using Peapod.Pod.Cli.Selection;
using Peapod.Pod.Layout;
using Peapod.Pod.Manifest;
using Peapod.Pod.Store;
using Peapod.Pod.Supervision;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod create configmap</c> and <c>pod create secret</c>: objects from literals and files, as kubectl's.</summary>
internal sealed class CreateCommand
{
    private const string ConfigMapHelp = """
        create a configmap from literals, files and folders

          peapod pod create configmap settings --from-literal=level=debug --from-file=site.conf
          peapod pod create configmap pages --from-file=index.html=build/index.html --from-file=assets/
        """;

    private const string GenericHelp = """
        create a secret from literals, files and folders

          peapod pod create secret generic login --from-literal=user=me --from-file=password=secret.txt
        """;

    private readonly DataSources sources = new();
    private readonly DryRun dryRun = new();
    private readonly Option<string?> output = OutputFormat.Option();
    private readonly Argument<string> name = new("NAME") { Description = "the object's name" };

    internal static Command Make() => new("create", "create configmaps and secrets; apply -f makes pods")
    {
        Make("configmap", ConfigMapHelp, static (create, parsed) => create.ConfigMap(parsed), "cm"),
        new Command("secret", "create a secret") { Generic(), Tls(), DockerRegistry() },
    };

    private static Command Make(string word, string help, Func<CreateCommand, ParseResult, JsonObject> make, params ReadOnlySpan<string> aliases)
    {
        var create = new CreateCommand();
        var command = create.Command(word, help, parsed => make(create, parsed));
        create.sources.AddTo(command);
        foreach (var alias in aliases)
        {
            command.Aliases.Add(alias);
        }

        return command;
    }

    private static Command Generic()
    {
        var type = new Option<string?>("--type") { Description = "the secret's type (Opaque)" };
        var command = Make("generic", GenericHelp, (create, parsed) => create.Secret(parsed, parsed.GetValue(type) ?? "Opaque", create.sources.Read(parsed)));
        command.Options.Add(type);
        return command;
    }

    private static Command Tls()
    {
        var cert = new Option<string>("--cert") { Description = "the certificate, a PEM file", HelpName = "FILE", Required = true };
        var key = new Option<string>("--key") { Description = "its private key, a PEM file", HelpName = "FILE", Required = true };
        var create = new CreateCommand();
        var command = create.Command("tls", "create a secret of a certificate and its key", parsed => create.Secret(parsed, "kubernetes.io/tls", new()
        {
            ["tls.crt"] = DataSources.ReadFile("--cert", parsed.GetValue(cert)!), ["tls.key"] = DataSources.ReadFile("--key", parsed.GetValue(key)!),
        }));
        command.Options.Add(cert);
        command.Options.Add(key);
        return command;
    }

    private static Command DockerRegistry()
    {
        var server = new Option<string>("--docker-server") { Description = "the registry", DefaultValueFactory = static _ => "https://index.docker.io/v1/" };
        var user = new Option<string>("--docker-username") { Description = "the user's name there", Required = true };
        var password = new Option<string>("--docker-password") { Description = "the user's password there", Required = true };
        var email = new Option<string?>("--docker-email") { Description = "the user's address" };
        var create = new CreateCommand();
        var command = create.Command("docker-registry", "create a secret for imagePullSecrets", parsed => create.Secret(parsed, "kubernetes.io/dockerconfigjson", new()
        {
            [".dockerconfigjson"] = DockerConfiguration(parsed.GetValue(server)!, parsed.GetValue(user)!, parsed.GetValue(password)!, parsed.GetValue(email)),
        }));
        foreach (var option in (ReadOnlySpan<Option>)[server, user, password, email])
        {
            command.Options.Add(option);
        }

        return command;
    }

    private static byte[] DockerConfiguration(string server, string user, string password, string? email)
    {
        var entry = new JsonObject { ["username"] = user, ["password"] = password };
        if (email is not null)
        {
            entry["email"] = email;
        }

        entry["auth"] = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));
        return Encoding.UTF8.GetBytes(new JsonObject { ["auths"] = new JsonObject { [server] = entry } }.ToJsonString());
    }

    private Command Command(string word, string help, Func<ParseResult, JsonObject> make)
    {
        var command = new Command(word, help) { output, name };
        dryRun.AddTo(command);
        command.SetAction(parsed => Create(parsed, make(parsed)));
        return command;
    }

    private JsonObject ConfigMap(ParseResult parsed)
    {
        var (data, binary) = (new JsonObject(), new JsonObject());
        foreach (var (key, content) in sources.Read(parsed))
        {
            if (DataSources.IsText(content))
            {
                data[key] = Encoding.UTF8.GetString(content);
            }
            else
            {
                binary[key] = Convert.ToBase64String(content);
            }
        }

        var map = Object(parsed, ManifestKinds.ConfigMap);
        if (data.Count > 0)
        {
            map["data"] = data;
        }

        if (binary.Count > 0)
        {
            map["binaryData"] = binary;
        }

        return map;
    }

    private JsonObject Secret(ParseResult parsed, string type, SortedDictionary<string, byte[]> contents)
    {
        var secret = Object(parsed, ManifestKinds.Secret);
        secret["type"] = type;
        secret["data"] = new JsonObject(contents.Select(static pair => KeyValuePair.Create(pair.Key, (JsonNode?)Convert.ToBase64String(pair.Value))));
        return secret;
    }

    private JsonObject Object(ParseResult parsed, string kind) => new()
    {
        ["apiVersion"] = "v1", ["kind"] = kind, ["metadata"] = new JsonObject { ["name"] = parsed.GetValue(name), ["namespace"] = parsed.GetValue(HostOptions.Namespace) },
    };

    /// <summary>Checks it as a manifest is checked, and keeps it, or only shows it.</summary>
    private int Create(ParseResult parsed, JsonObject made)
    {
        var where = dryRun.Of(parsed);
        var format = OutputFormat.Parse(parsed.GetValue(output));
        var documents = ManifestReader.Read("the command line", made.ToJsonString());
        var kind = (string)made["kind"]! == ManifestKinds.Secret ? ObjectKinds.Secret : ObjectKinds.ConfigMap;
        if (where == DryRunKind.None)
        {
            Keep(HostOptions.Host(parsed), documents, parsed.GetValue(HostOptions.Namespace)!);
        }

        if (!format.IsTable && !format.IsName)
        {
            format.Write([made], isOne: true);
            return 0;
        }

        Console.WriteLine($"{kind.Singular}/{parsed.GetValue(name)}{(format.IsName ? "" : " created")}{(format.IsName ? "" : DryRun.Suffix(where))}");
        return 0;
    }

    private static void Keep(PodHost host, ManifestDocuments documents, string space)
    {
        var store = new ObjectStore(host);
        foreach (var map in documents.ConfigMaps)
        {
            store.Add(map);
        }

        foreach (var secret in documents.Secrets)
        {
            store.Add(secret);
        }

        // Pods may wait for it.
        SupervisorProcess.Reload(host, space);
    }
}
