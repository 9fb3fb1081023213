using System.CommandLine;
using System.Text;
using Peapod.Container.Cgroups;
using Peapod.Container.Plans;
using Peapod.Container.Printing;
using Peapod.Container.Systemd;
using Peapod.Kernel.Processes;
using Peapod.Oci;

namespace Peapod.Cli.Commands;

/// <summary><c>plan</c>: what a bundle's container would be made by, before anything is done.</summary>
internal static class PlanCommand
{
    internal static Command Make(GlobalOptions globals)
    {
        var bundle = new BundleOption();
        var format = new Option<string>("--format", "-f") { Description = "text or json", DefaultValueFactory = static _ => "text" };
        format.AcceptOnlyFromAmong("text", "json");
        var diff = new Option<string[]>("--diff") { Description = "two bundles; what their plans do not have in common, and exit code 1 when there is such", Arity = new ArgumentArity(2, 2), AllowMultipleArgumentsPerToken = true };
        var command = new Command("plan", "print what run would do, and do nothing") { bundle.Option, format, diff };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(diff) is [var before, var after])
            {
                return Compare(globals, before, after, globals.ManagerOf(parsed));
            }

            var (plan, cgroup, resources, scope) = Compile(globals, bundle.Read(parsed), globals.ManagerOf(parsed));
            Output.Write(parsed.GetValue(format) == "json"
                ? [.. PlanPrinter.ToJson(plan, cgroup, resources, scope), (byte)'\n']
                : Encoding.UTF8.GetBytes(PlanPrinter.ToText(plan, cgroup, resources, scope)));
            return 0;
        });
        return command;
    }

    private static int Compare(GlobalOptions globals, string before, string after, CgroupManager manager)
    {
        var difference = PlanDiff.Compare(Text(before), Text(after));
        if (difference is null)
        {
            return 0;
        }

        Output.Write(Encoding.UTF8.GetBytes($"--- {before}\n+++ {after}\n{difference}"));
        return 1;

        string Text(string bundle)
        {
            var (plan, cgroup, resources, scope) = Compile(globals, BundleOption.Read(bundle, "--diff"), manager);
            return PlanPrinter.ToText(plan, cgroup, resources, scope);
        }
    }

    private static (Plan Plan, string Cgroup, LinuxResources? Resources, PlannedScope? Scope) Compile(GlobalOptions globals, (string Path, byte[] Json, Spec Spec) bundle, CgroupManager manager)
    {
        const string id = "ID";
        var hierarchy = CgroupHierarchy.Find();
        var plan = PlanCompiler.Compile(new PlanRequest { Id = id, Spec = bundle.Spec, Bundle = bundle.Path, CgroupMount = hierarchy.MountPoint, Grantable = OwnCapabilities.Permitted() });
        foreach (var warning in plan.Warnings)
        {
            globals.Warn?.Invoke($"config.json: {warning.Message}");
        }

        var scope = manager == CgroupManager.Systemd ? PlannedScope.Of(hierarchy, bundle.Spec, id) : null;
        return (plan, scope?.Cgroup ?? CgroupPath.Resolve(hierarchy, bundle.Spec.Linux?.CgroupsPath, id), bundle.Spec.Linux?.Resources, scope);
    }
}
