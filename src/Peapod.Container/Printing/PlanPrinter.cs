using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Peapod.Container.Cgroups;
using Peapod.Container.Plans;
using Peapod.Container.Systemd;
using Peapod.Kernel.Terminals;
using Peapod.Oci;

namespace Peapod.Container.Printing;

/// <summary>A plan for people to read before it is done, as text or as JSON.</summary>
public static class PlanPrinter
{
    /// <param name="scope">The scope whose cgroup it is, when systemd makes it.</param>
    public static string ToText(Plan plan, string cgroup, LinuxResources? resources, PlannedScope? scope = null)
    {
        var text = new StringBuilder();
        text.Append("on the host:\n");
        Line(text, scope is null ? $"make the cgroup {cgroup}" : $"have systemd start {scope.Unit}, the cgroup {cgroup}", "linux.cgroupsPath");
        foreach (var (field, property) in scope?.Properties ?? [])
        {
            Line(text, $"with {property}", field);
        }

        foreach (var setting in CgroupSettings.Compile(resources))
        {
            Line(text, $"write {setting.Value} to {setting.File}", setting.Field);
        }

        if (resources?.Devices is { Count: > 0 })
        {
            Line(text, "attach the device program", "linux.resources.devices");
        }

        foreach (var step in plan.Host)
        {
            Line(text, step.Text, step.Field);
        }

        text.Append(CultureInfo.InvariantCulture, $"clone3: {string.Join(' ', CloneFlags(plan))}\n");
        text.Append("in the container:\n");
        foreach (var operation in plan.Init)
        {
            Line(text, operation.Text, operation.Field);
        }

        return text.ToString();
    }

    /// <inheritdoc cref="ToText"/>
    public static byte[] ToJson(Plan plan, string cgroup, LinuxResources? resources, PlannedScope? scope = null)
    {
        var buffer = new ArrayBufferWriter<byte>(8192);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("cgroup", cgroup);
            if (scope is not null)
            {
                json.WriteString("unit", scope.Unit);
                json.WriteStartArray("unitProperties");
                foreach (var (field, property) in scope.Properties)
                {
                    json.WriteStartObject();
                    WriteCommon(json, field, property);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }

            json.WriteStartArray("cgroupSettings");
            foreach (var setting in CgroupSettings.Compile(resources))
            {
                json.WriteStartObject();
                json.WriteString("field", setting.Field);
                json.WriteString("file", setting.File);
                json.WriteString("value", setting.Value);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("host");
            foreach (var step in plan.Host)
            {
                json.WriteStartObject();
                json.WriteString("step", step.GetType().Name.Replace("Step", "", StringComparison.Ordinal));
                WriteCommon(json, step.Field, step.Text);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("clone");
            foreach (var name in CloneFlags(plan))
            {
                json.WriteStringValue(name);
            }

            json.WriteEndArray();
            json.WriteStartArray("init");
            foreach (var operation in plan.Init)
            {
                Write(json, operation);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter json, InitOperation operation)
    {
        json.WriteStartObject();
        json.WriteString("operation", operation.Code.ToString());
        WriteCommon(json, operation.Field, operation.Text);
        if (operation.Path is { } path)
        {
            json.WriteString("path", path);
        }

        if (operation.Source is { } source)
        {
            json.WriteString("source", source);
        }

        if (operation.List is { } list)
        {
            json.WriteStartArray("list");
            foreach (var item in list)
            {
                json.WriteStringValue(item);
            }

            json.WriteEndArray();
        }

        if (operation.Slot is { } slot)
        {
            json.WriteString("slot", slot.Name);
        }

        json.WriteNumber("a", operation.A);
        json.WriteNumber("b", operation.B);
        json.WriteNumber("c", operation.C);
        json.WriteEndObject();
    }

    private static List<string> CloneFlags(Plan plan) => [.. NamespacePlan.FlagNames(plan.CloneFlags), "CLONE_INTO_CGROUP", "CLONE_PIDFD"];

    private static void WriteCommon(Utf8JsonWriter json, string field, string text)
    {
        json.WriteString("text", text);
        if (field.Length > 0)
        {
            json.WriteString("field", field);
        }
    }

    private static void Line(StringBuilder text, string what, string field)
    {
        (what, field) = (Printable.Line(what), Printable.Line(field));
        text.Append("  ").Append(what);
        if (field.Length > 0)
        {
            text.Append(' ', Math.Max(2, 72 - what.Length)).Append(field);
        }

        text.Append('\n');
    }
}
