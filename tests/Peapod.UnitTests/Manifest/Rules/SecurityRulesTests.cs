using Peapod.Tests;

namespace Peapod.UnitTests.Manifest.Rules;

public sealed class SecurityRulesTests
{
    private const string Sysctl = "must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";

    [Theory]
    [InlineData("procMount: Unmasked", "procMount: Invalid value: \"Unmasked\": `hostUsers` must be false to use `Unmasked`")]
    [InlineData("procMount: None", "procMount: Unsupported value: \"None\": supported values: \"Default\", \"Unmasked\"")]
    [InlineData("seccompProfile: {}", "seccompProfile.type: Required value: type is required when seccompProfile is set")]
    [InlineData("seccompProfile: {type: Docker}", "seccompProfile.type: Unsupported value: \"Docker\": supported values: \"Localhost\", \"RuntimeDefault\", \"Unconfined\"")]
    [InlineData("seccompProfile: {type: Localhost}", "seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost")]
    [InlineData("seccompProfile: {type: Localhost, localhostProfile: /a}", "seccompProfile.localhostProfile: Invalid value: \"/a\": must be a relative path")]
    [InlineData("seccompProfile: {type: Localhost, localhostProfile: a/../../b}", "seccompProfile.localhostProfile: Invalid value: \"a/../../b\": must not contain '..'")]
    [InlineData("seccompProfile: {type: RuntimeDefault, localhostProfile: a}", "seccompProfile.localhostProfile: Invalid value: \"a\": can only be set when seccomp type is Localhost")]
    [InlineData("appArmorProfile: {}", "appArmorProfile.type: Required value: type is required when appArmorProfile is set")]
    [InlineData("appArmorProfile: {type: Localhost, localhostProfile: ' '}", "appArmorProfile.localhostProfile: Required value: must be set when AppArmor type is Localhost")]
    [InlineData("appArmorProfile: {type: Localhost, localhostProfile: ' a'}", "appArmorProfile.localhostProfile: Invalid value: \" a\": must not be padded with whitespace")]
    [InlineData("appArmorProfile: {type: Unconfined, localhostProfile: a}", "appArmorProfile.localhostProfile: Invalid value: \"a\": can only be set when AppArmor type is Localhost")]
    [InlineData("privileged: true, allowPrivilegeEscalation: false", "allowPrivilegeEscalation: Invalid value: false: cannot set `allowPrivilegeEscalation` to false and `privileged` to true")]
    [InlineData("windowsOptions: {hostProcess: true}", "windowsOptions: Forbidden: windows options cannot be set for a linux pod")]
    public void A_containers_security_setting_that_breaks_a_rule_is_refused(string settings, string error) =>
        Manifests.AssertContainerError($"securityContext: {{{settings}}}", "securityContext." + error);

    [Fact]
    public void A_profile_longer_than_a_path_is_refused() =>
        Manifests.AssertContainerError(
            $"securityContext: {{appArmorProfile: {{type: Localhost, localhostProfile: {new string('a', 4096)}}}}}",
            "securityContext.appArmorProfile.localhostProfile: Too long: may not be more than 4095 bytes");

    [Theory]
    [InlineData("securityContext: {seccompProfile: {type: Localhost}}", "securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost")]
    [InlineData("securityContext: {appArmorProfile: {localhostProfile: a}}", "securityContext.appArmorProfile.type: Required value: type is required when appArmorProfile is set")]
    [InlineData("securityContext: {sysctls: [{value: '1'}]}", "securityContext.sysctls[0].name: Required value")]
    [InlineData("securityContext: {sysctls: [{name: a..b, value: '1'}]}", "securityContext.sysctls[0].name: Invalid value: \"a..b\": " + Sysctl)]
    [InlineData("securityContext: {sysctls: [{name: net.a, value: '1'}, {name: net.a, value: '2'}]}", "securityContext.sysctls[1].name: Duplicate value: \"net.a\"")]
    [InlineData("hostNetwork: true, securityContext: {sysctls: [{name: net/core/somaxconn, value: '1'}]}", "securityContext.sysctls[0].name: Invalid value: \"net/core/somaxconn\": may not be specified when 'hostNetwork' is true")]
    [InlineData("hostIPC: true, securityContext: {sysctls: [{name: kernel.shmmax, value: '1'}]}", "securityContext.sysctls[0].name: Invalid value: \"kernel.shmmax\": may not be specified when 'hostIPC' is true")]
    [InlineData("securityContext: {fsGroupChangePolicy: Never}", "securityContext.fsGroupChangePolicy: Unsupported value: \"Never\": supported values: \"Always\", \"OnRootMismatch\"")]
    [InlineData("securityContext: {windowsOptions: {runAsUserName: a}}", "securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod")]
    [InlineData("hostPID: true, shareProcessNamespace: true", "shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled")]
    [InlineData("hostUsers: false, hostNetwork: true", "hostNetwork: Forbidden: when `hostUsers` is false")]
    [InlineData("hostUsers: false, hostPID: true", "hostPID: Forbidden: when `hostUsers` is false")]
    [InlineData("hostUsers: false, hostIPC: true", "hostIPC: Forbidden: when `hostUsers` is false")]
    public void A_pods_security_setting_that_breaks_a_rule_is_refused(string settings, string error)
    {
        var text = $"apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{{settings}, containers: [{{name: c, image: i}}]}}";
        Assert.Equal(["pod.yaml:4: spec." + error], Manifests.AllFieldErrors(text));
    }

    [Fact]
    public void Security_settings_within_the_rules_are_taken() =>
        Manifests.AllFields(Manifests.WithSpec("""
            hostUsers: false
            securityContext:
              sysctls: [{name: net.ipv4.ip_unprivileged_port_start, value: "0"}, {name: kernel/shm_rmid_forced, value: "1"}]
              seccompProfile: {type: Localhost, localhostProfile: profiles/a.json}
              appArmorProfile: {type: Localhost, localhostProfile: k8s-nginx}
            containers:
            - name: c
              image: i
              securityContext: {procMount: Unmasked, privileged: true, seccompProfile: {type: Unconfined}, appArmorProfile: {type: RuntimeDefault}}
            """));

    [Fact]
    [Field("spec.schedulingGates")]
    public void A_pod_that_would_wait_for_ever_is_refused() =>
        Manifests.AssertSpecError("schedulingGates: [{name: a}]", "schedulingGates: Forbidden: a pod with scheduling gates waits for a controller to lift them, and there is none");
}
