namespace Peapod.Oci;

/// <summary>Rules for the annotations that ask something of the runtime. What cannot be done is refused: a container that was to run in a virtual machine shall not run without one.</summary>
internal static class AnnotationRules
{
    private const string WasmVariant = "module.wasm.image/variant";

    public static void Check(IReadOnlyDictionary<string, string> annotations)
    {
        foreach (KeyValuePair<string, string> annotation in annotations)
        {
            string name = annotation.Key;
            if (name.Length == 0)
            {
                throw new SpecException("annotations", "a key is empty");
            }
            if (name.StartsWith("run.oci.", StringComparison.Ordinal) || name == WasmVariant)
            {
                Check(name, annotation.Value, CrunAnnotations.FieldOf(name));
            }
        }
    }

    private static void Check(string name, string value, string field)
    {
        string? impossible = (name, value) switch
        {
            ("run.oci.handler", not "") => $"there is no handler \"{value}\": Peapod runs programs for the host's kernel only",
            (WasmVariant, "compat") => "there is no handler for WebAssembly: Peapod runs programs for the host's kernel only",
            ("run.oci.systemd.force_cgroup_v1", not "") => "there is cgroup v2 only",
            ("run.oci.seccomp.plugins", not "") => "plugins cannot be loaded; linux.seccomp.listenerPath names a socket that takes the listener",
            (CrunAnnotations.MountContextType, not ("context" or "fscontext" or "defcontext" or "rootcontext")) => $"\"{value}\" is none of context, fscontext, defcontext and rootcontext",
            (CrunAnnotations.HooksOutput or CrunAnnotations.HooksError, "") => "must name a file",
            (CrunAnnotations.DelegateCgroup or CrunAnnotations.SystemdSubgroup, _) when LeadsOut(value) => $"\"{value}\" must not hold \".\" or \"..\"",
            _ => null,
        };
        if (impossible is not null)
        {
            throw new SpecException(field, impossible);
        }
        if (name is CrunAnnotations.PidfdReceiver or CrunAnnotations.SeccompReceiver)
        {
            Rule.AbsolutePath(value, field);
        }
    }

    private static bool LeadsOut(string path) => Array.Exists(path.Split('/'), static part => part is "." or "..");
}
