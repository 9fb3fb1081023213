using System.CommandLine;
using Peapod.Pod.Cli.Explaining;
using Peapod.Pod.Manifest;

namespace Peapod.Pod.Cli.Commands;

/// <summary><c>pod explain KIND[.FIELD...]</c>, in kubectl's form.</summary>
internal static class ExplainCommand
{
    internal static Command Make()
    {
        var field = new Argument<string>("FIELD") { Description = "a kind, and a field of it: pod.spec.containers.image" };
        var recursive = new Option<bool>("--recursive") { Description = "name all fields below it, too" };
        var command = new Command("explain", "say what a field of a manifest is for, what it may be, and what it does here") { field, recursive };
        command.SetAction(parsed =>
        {
            var names = parsed.GetValue(field)!.Split('.', StringSplitOptions.RemoveEmptyEntries);
            var kind = names.Length > 0 ? ObjectKinds.TryParse(names[0]) : null;
            if (kind is null)
            {
                throw new PodException($"\"{(names.Length > 0 ? names[0] : "")}\" is no kind of object here: one of {string.Join(", ", ObjectKinds.Words)}");
            }

            Console.Write(new FieldExplanation(kind.Kind, SchemaOf(kind)).Of(names[1..], parsed.GetValue(recursive)));
            return 0;
        });
        return command;
    }

    private static RecordSchema SchemaOf(ObjectKinds kind) =>
        kind == ObjectKinds.ConfigMap ? PodSchema.ConfigMap
        : kind == ObjectKinds.Secret ? PodSchema.Secret
        : kind == ObjectKinds.Claim ? PodSchema.PersistentVolumeClaim
        : kind == ObjectKinds.RuntimeClass ? PodSchema.RuntimeClass
        : PodSchema.Pod;
}
