using Peapod.Pod.Objects;
using Peapod.Pod.Sandbox;
using Peapod.Shim.Loop;

namespace Peapod.Pod.Supervision;

/// <content>The pod's sandbox: made, watched, and made anew when it is lost.</content>
public sealed partial class Supervisor
{
    /// <summary>Milliseconds in which a killed process must be gone.</summary>
    private const int KillTimeout = 10_000;

    /// <summary>Milliseconds between two attempts to make a sandbox that could not be made.</summary>
    private const int SandboxPause = 10_000;

    private string? hostIP;
    private long sandboxAt;
    private long? sandboxLostAt;

    private void MakeSandbox()
    {
        sandbox.Make();
        status = status with
        {
            HostIP = hostIP ??= $"{HostAddress.Find()[0]}",
            PodIP = $"{context.Addresses[0]}",
            Addresses = [.. context.Addresses.Select(static address => new PodIP { Address = $"{address}" })],
        };
    }

    private void CheckSandbox(long now)
    {
        if (context.Stopping)
        {
            return;
        }

        if (sandbox.Process is { } process && process.WaitForExit(0))
        {
            context.Events.Add("Normal", "SandboxChanged", null, "Pod sandbox changed, it will be killed and re-created.");
            LoseSandbox();
        }

        if (sandboxLostAt is not null && now >= SandboxWakeAt && !TryEndWithoutSandbox(now))
        {
            return;
        }

        if (sandbox.Process is null && sandboxLostAt is null && !context.Stopping && sandboxAt <= now)
        {
            RemakeSandbox();
        }
    }

    /// <summary>When the next thing is to be done for a pod without a sandbox.</summary>
    private long SandboxWakeAt => sandboxLostAt is { } lost && containers.Exists(static container => container.IsRunning) ? Math.Max(sandboxAt, lost + KillTimeout) : sandboxAt;

    /// <summary>Without its sandbox a pod has no network: its containers end, to be made anew with a new one.</summary>
    private void LoseSandbox()
    {
        sandboxLostAt = MonotonicClock.Now;
        sandbox.End();
        containers.ForEach(static container => container.EndWithSandbox());
    }

    /// <summary>Its containers have ended, or had time to.</summary>
    /// <returns>False when something still lives, and this is to be tried again.</returns>
    private bool TryEndWithoutSandbox(long now)
    {
        try
        {
            PodTeardown.Stop(folders);
        }
        catch (Exception e) when (PodFailure.Is(e))
        {
            context.Events.Add("Warning", "FailedKillPod", null, $"error killing pod: {e.Message}");
            sandboxAt = now + SandboxPause;
            return false;
        }

        sandboxLostAt = null;
        if (Pod.Spec.RestartPolicy == RestartPolicy.Never)
        {
            Stop(0);
            return true;
        }

        wasInitialized = false;
        containers.ForEach(static container => container.StartOver());
        return true;
    }

    private void RemakeSandbox()
    {
        try
        {
            if (TryMakeVolumes(PodFailure.Is))
            {
                MakeSandbox();
            }
        }
        catch (Exception e) when (PodFailure.Is(e))
        {
            context.Events.Add("Warning", "FailedCreatePodSandBox", null, $"Failed to create pod sandbox: {e.Message}");
            sandboxAt = MonotonicClock.Now + SandboxPause;
            LoseSandbox();
        }
    }
}
