using Peapod.Pod.Manifest;
using Peapod.Pod.Objects;

namespace Peapod.UnitTests.Manifest.Rules;

/// <summary>Confinement that is asked for by annotation, as before there were fields for it.</summary>
public sealed class SecurityAnnotationRulesTests
{
    private const string AppArmor = "container.apparmor.security.beta.kubernetes.io/", Seccomp = "container.seccomp.security.alpha.kubernetes.io/", PodSeccomp = "seccomp.security.alpha.kubernetes.io/pod";

    [Theory]
    [InlineData("localhost/deny-write", ProfileType.Localhost, "deny-write")]
    [InlineData("localhost/a/b", ProfileType.Localhost, "a/b")]
    [InlineData("runtime/default", ProfileType.RuntimeDefault, null)]
    [InlineData("unconfined", ProfileType.Unconfined, null)]
    public void An_AppArmor_annotation_becomes_the_field_of_each_kind_of_container(string text, ProfileType type, string? name)
    {
        foreach (var container in (string[])["c", "i", "e"])
        {
            var read = Read(AppArmor + container, text);

            var pod = Assert.Single(read.Pods);
            Assert.Equal(new AppArmorProfile { Type = type, LocalhostProfile = name }, SecurityAnnotations.Containers(pod.Spec).Single(other => other.Name == container).SecurityContext!.AppArmorProfile);
            Assert.All(SecurityAnnotations.Containers(pod.Spec).Where(other => other.Name != container), static other => Assert.Null(other.SecurityContext?.AppArmorProfile));
            Assert.Equal([$"pod.yaml:4: metadata.annotations[{AppArmor}{container}]: deprecated since v1.30; use the \"appArmorProfile\" field instead"], read.Warnings);
        }
    }

    [Fact]
    public void A_pod_that_was_read_is_read_again_as_it_is()
    {
        var pod = Assert.Single(Read(AppArmor + "c", "localhost/deny-write").Pods);

        Assert.Equal(ManifestWriter.ToJson(pod), ManifestWriter.ToJson(ManifestDefaults.Apply(pod)));
    }

    [Fact]
    public void What_the_pods_field_says_already_is_not_written_into_the_container() =>
        Assert.Null(Assert.Single(Read(AppArmor + "c", "localhost/a", pod: "appArmorProfile: {type: Localhost, localhostProfile: a}").Pods).Spec.Containers[0].SecurityContext?.AppArmorProfile);

    [Theory]
    [InlineData(AppArmor + "x", "localhost/a", "", "", "metadata.annotations[" + AppArmor + "x]: Invalid value: \"x\": container not found")]
    [InlineData(AppArmor + "c", "deny-write", "", "", "metadata.annotations[" + AppArmor + "c]: Invalid value: \"deny-write\": invalid AppArmor profile name: \"deny-write\"")]
    [InlineData(AppArmor + "c", "", "", "", "metadata.annotations[" + AppArmor + "c]: Invalid value: \"\": invalid AppArmor profile name: \"\"")]
    [InlineData(AppArmor + "c", "localhost/", "", "", "metadata.annotations[" + AppArmor + "c]: Invalid value: \"localhost/\": invalid AppArmor profile name: \"localhost/\"")]
    [InlineData(AppArmor + "c", "localhost/ a", "", "", "spec.containers[0].securityContext.appArmorProfile.localhostProfile: Invalid value: \" a\": must not be padded with whitespace")]
    [InlineData(AppArmor + "c", "localhost/a", "appArmorProfile: {type: Unconfined}", "", "spec.containers[0].securityContext.appArmorProfile.type: Forbidden: apparmor type in annotation and field must match")]
    [InlineData(AppArmor + "c", "localhost/a", "appArmorProfile: {type: Localhost, localhostProfile: b}", "", "spec.containers[0].securityContext.appArmorProfile.localhostProfile: Forbidden: apparmor profile in annotation and field must match")]
    [InlineData(Seccomp + "c", "default", "", "", "metadata.annotations[" + Seccomp + "c]: Invalid value: \"default\": must be a valid seccomp profile")]
    [InlineData(Seccomp + "c", "localhost/a.json", "seccompProfile: {type: Unconfined}", "", "spec.containers[0].securityContext.seccompProfile.type: Forbidden: seccomp type in annotation and field must match")]
    [InlineData(Seccomp + "c", "runtime/default", "", "seccompProfile: {type: Unconfined}", "spec.securityContext.seccompProfile.type: Forbidden: seccomp type in annotation and field must match")]
    [InlineData(Seccomp + "c", "localhost/a.json", "seccompProfile: {type: Localhost, localhostProfile: b.json}", "", "spec.containers[0].securityContext.seccompProfile.localhostProfile: Forbidden: seccomp profile in annotation and field must match")]
    [InlineData(PodSeccomp, "docker/default", "", "seccompProfile: {type: Unconfined}", "spec.securityContext.seccompProfile.type: Forbidden: seccomp type in annotation and field must match")]
    public void What_would_be_without_effect_is_refused(string key, string text, string container, string pod, string error) =>
        Assert.Equal(error, Assert.Single(Assert.Throws<ManifestException>(() => Read(key, text, container, pod)).Errors) is var told ? $"{told.Path}: {told.Detail}" : "");

    [Theory]
    [InlineData(Seccomp + "c", "runtime/default", "", 1)]
    [InlineData(Seccomp + "c", "docker/default", "", 1)]
    [InlineData(Seccomp + "nobody", "runtime/default", "", 1)]
    [InlineData(Seccomp + "c", "unconfined", "", 1)]
    [InlineData(PodSeccomp, "runtime/default", "", 1)]
    [InlineData(Seccomp + "c", "localhost/a.json", "seccompProfile: {type: Localhost, localhostProfile: a.json}", 0)]
    [InlineData(Seccomp + "c", "runtime/default", "seccompProfile: {type: RuntimeDefault}", 0)]
    [InlineData(AppArmor + "c", "localhost/a", "appArmorProfile: {type: Localhost, localhostProfile: a}", 0)]
    [InlineData("example.com/apparmor", "localhost/a", "", 0)]
    public void What_is_so_anyway_is_at_most_warned_of(string key, string text, string container, int warnings) => Assert.Equal(warnings, Read(key, text, container).Warnings.Count);

    private static ManifestDocuments Read(string key, string text, string container = "", string pod = "") => ManifestReader.Read("pod.yaml", $$"""
        apiVersion: v1
        kind: Pod
        metadata: {name: p, annotations: {
          {{key}}: "{{text}}" } }
        spec:
          securityContext: { {{pod}} }
          containers: [{name: c, image: i, securityContext: { {{container}} } }]
          initContainers: [{name: i, image: i}]
          ephemeralContainers: [{name: e, image: i}]
        """);
}
