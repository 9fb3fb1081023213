namespace Peapod.Oci;

/// <summary>Rules for hooks (config.md, POSIX-platform Hooks).</summary>
internal static class HookRules
{
    public static void Check(Hooks hooks)
    {
        Check(hooks.Prestart, "prestart");
        Check(hooks.CreateRuntime, "createRuntime");
        Check(hooks.CreateContainer, "createContainer");
        Check(hooks.StartContainer, "startContainer");
        Check(hooks.Poststart, "poststart");
        Check(hooks.Poststop, "poststop");
    }

    private static void Check(IReadOnlyList<Hook> hooks, string kind)
    {
        for (int i = 0; i < hooks.Count; i++)
        {
            string path = $"hooks.{kind}[{i}]";
            Rule.AbsolutePath(hooks[i].Path, path + ".path");
            Rule.NoNul(hooks[i].Args, path, "args");
            Rule.NoNul(hooks[i].Env, path, "env");
            if (hooks[i].Timeout is <= 0)
            {
                throw new SpecException(path + ".timeout", "must be more than 0 seconds");
            }
        }
    }
}
