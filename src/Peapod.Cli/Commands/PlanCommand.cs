using System.CommandLine;
using System.Text;
using Peapod.Container.Cgroups;
using Peapod.Container.Plans;

namespace Peapod.Cli.Commands;

/// <summary><c>plan</c>: what a bundle's container would be made by, before anything is done.</summary>
internal static class PlanCommand
{
    internal static Command Make()
    {
        var bundle = new BundleOption();
        var format = new Option<string>("--format", "-f") { Description = "text or json", DefaultValueFactory = static _ => "text" };
        format.AcceptOnlyFromAmong("text", "json");
        var command = new Command("plan", "print what run would do, and do nothing") { bundle.Option, format };
        command.SetAction(parsed =>
        {
            var (path, _, spec) = bundle.Read(parsed);
            var hierarchy = CgroupHierarchy.Find();
            const string id = "ID";
            var plan = PlanCompiler.Compile(new PlanRequest { Id = id, Spec = spec, Bundle = path, CgroupMount = hierarchy.MountPoint });
            var cgroup = CgroupPath.Resolve(hierarchy, spec.Linux?.CgroupsPath, id);
            Output.Write(parsed.GetValue(format) == "json"
                ? [.. PlanPrinter.ToJson(plan, cgroup, spec.Linux?.Resources), (byte)'\n']
                : Encoding.UTF8.GetBytes(PlanPrinter.ToText(plan, cgroup, spec.Linux?.Resources)));
            return 0;
        });
        return command;
    }
}
