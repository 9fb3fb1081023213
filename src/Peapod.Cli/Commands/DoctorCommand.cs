using System.Buffers;
using System.CommandLine;
using System.Text;
using System.Text.Json;
using Peapod.Container.Diagnosis;
using Peapod.Kernel.Terminals;
using Peapod.Oci.Json;

namespace Peapod.Cli.Commands;

/// <summary><c>doctor</c>: what this host offers and lacks, what follows, and what to do. Exit code 1 when no container can run.</summary>
internal static class DoctorCommand
{
    internal static Command Make(GlobalOptions globals)
    {
        var format = new Option<string>("--format", "-f") { Description = "text or json", DefaultValueFactory = static _ => "text" };
        format.AcceptOnlyFromAmong("text", "json");
        var dataRoot = new Option<string>("--data-root") { Description = "folder of images and volumes", DefaultValueFactory = static _ => "/var/lib/peapod" };
        var command = new Command("doctor", "say what this host offers to containers and what it lacks") { format, dataRoot };
        command.SetAction(parsed =>
        {
            var findings = HostDiagnosis.Run(Path.GetFullPath(parsed.GetValue(globals.Root)!), Path.GetFullPath(parsed.GetValue(dataRoot)!));
            var canRun = true;
            foreach (var finding in findings)
            {
                canRun &= !finding.IsFatal;
            }

            Output.Write(parsed.GetValue(format) == "json" ? Json(findings, canRun) : Encoding.UTF8.GetBytes(Text(findings, canRun)));
            return canRun ? 0 : 1;
        });
        return command;
    }

    private static string Text(IReadOnlyList<Finding> findings, bool canRun)
    {
        var text = new StringBuilder();
        int warnings = 0, missing = 0;
        foreach (var finding in findings)
        {
            warnings += finding.Status == FindingStatus.Warning ? 1 : 0;
            missing += finding.Status == FindingStatus.Missing ? 1 : 0;
            text.Append($"{Name(finding.Status),-8} {finding.Area}: {finding.What}{(finding.Detail.Length == 0 ? "" : $": {Printable.Line(finding.Detail)}")}\n");
            if (finding.Consequence.Length > 0)
            {
                text.Append($"         {char.ToUpperInvariant(finding.Consequence[0])}{finding.Consequence[1..].TrimEnd('.')}. Remedy: {finding.Remedy}\n");
            }
        }

        return text.Append($"{(canRun ? "containers can run here" : "no container can run here")}: {findings.Count - warnings - missing} ok, {warnings} {(warnings == 1 ? "warning" : "warnings")}, {missing} missing\n").ToString();
    }

    private static byte[] Json(IReadOnlyList<Finding> findings, bool canRun)
    {
        var buffer = new ArrayBufferWriter<byte>(16384);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = MinimalEncoder.Instance, Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteBoolean("canRun"u8, canRun);
            writer.WriteStartArray("findings"u8);
            foreach (var finding in findings)
            {
                writer.WriteStartObject();
                writer.WriteString("status"u8, Name(finding.Status));
                writer.WriteString("area"u8, finding.Area);
                writer.WriteString("what"u8, finding.What);
                writer.WriteString("detail"u8, finding.Detail);
                writer.WriteBoolean("needed"u8, finding.Needed);
                writer.WriteString("consequence"u8, finding.Consequence);
                writer.WriteString("remedy"u8, finding.Remedy);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return [.. buffer.WrittenSpan, (byte)'\n'];
    }

    private static string Name(FindingStatus status) => status switch
    {
        FindingStatus.Ok => "ok",
        FindingStatus.Warning => "warning",
        _ => "missing",
    };
}
