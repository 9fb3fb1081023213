using Peapod.Pod.Containers;
using Peapod.Pod.Objects;

namespace Peapod.UnitTests.Pod;

public sealed class ContainerEnvironmentTests : IDisposable
{
    private readonly Told told = new();

    public void Dispose() => told.Dispose();

    [Fact]
    public void A_variable_may_refer_to_those_before_it_only()
    {
        var environment = told.Environment(With(
            new() { Name = "LATE", Value = "$(A)" }, new() { Name = "A", Value = "a" }, new() { Name = "B", Value = "$(A)$(LATE)" }, new() { Name = "A", Value = "$(A)+" }));

        Assert.Equal(["LATE", "A", "B"], environment.Keys);
        Assert.Equal(["$(A)", "a+", "a$(A)"], environment.Values);
    }

    [Fact]
    public void Variables_come_from_fields_amounts_and_keys_and_what_comes_so_is_not_expanded()
    {
        told.ConfigMap("map", ("k", "$(NAME)"));
        told.Secret("secret", ("k", "s"u8.ToArray()));
        var environment = told.Environment(With(
            new() { Name = "NAME", ValueFrom = new() { FieldRef = new() { FieldPath = "metadata.name" } } },
            new() { Name = "CPU", ValueFrom = new() { ResourceFieldRef = new() { Resource = "limits.cpu" } } },
            new() { Name = "MAP", ValueFrom = new() { ConfigMapKeyRef = new() { Name = "map", Key = "k" } } },
            new() { Name = "SECRET", ValueFrom = new() { SecretKeyRef = new() { Name = "secret", Key = "k" } } },
            new() { Name = "ALL", Value = "$(NAME) $(CPU) $(MAP) $(SECRET)" }));

        Assert.Equal(["p", "4", "$(NAME)", "s", "p 4 $(NAME) s"], environment.Values);
    }

    [Fact]
    public void All_keys_come_first_with_their_prefix_and_a_later_name_counts()
    {
        told.ConfigMap("one", ("A", "1"), ("B", "1"), ("a.key-that", "1"));
        told.ConfigMap("two", ("B", "2"));
        told.Secret("secret", ("B", "3"u8.ToArray()));
        var environment = told.Environment(new ContainerSpec
        {
            EnvFrom = [new() { ConfigMapRef = new() { Name = "one" } }, new() { ConfigMapRef = new() { Name = "two" } }, new() { Prefix = "P_", SecretRef = new() { Name = "secret" } }],
            Env = [new() { Name = "A", Value = "$(A)$(B)$(P_B)" }],
        });

        Assert.Equal(new Dictionary<string, string> { ["A"] = "123", ["B"] = "2", ["a.key-that"] = "1", ["P_B"] = "3" }, environment);
    }

    [Fact]
    public void What_is_missing_is_told_in_the_kubelets_words()
    {
        told.ConfigMap("map", ("k", "v"));
        told.Secret("secret", ("binary", [0xff, 0xfe]), ("nul", [0x61, 0]));

        Assert.Equal("configmap \"x\" not found", Error(new() { ConfigMapKeyRef = new() { Name = "x", Key = "k" } }));
        Assert.Equal("secret \"x\" not found", Error(new() { SecretKeyRef = new() { Name = "x", Key = "k" } }));
        Assert.Equal("couldn't find key x in ConfigMap space/map", Error(new() { ConfigMapKeyRef = new() { Name = "map", Key = "x" } }));
        Assert.Equal("couldn't find key x in Secret space/secret", Error(new() { SecretKeyRef = new() { Name = "secret", Key = "x" } }));
        Assert.Equal("key binary in Secret space/secret is not text, and cannot be the value of a variable", Error(new() { SecretKeyRef = new() { Name = "secret", Key = "binary" } }));
        Assert.Equal("key nul in Secret space/secret is not text, and cannot be the value of a variable", Error(new() { SecretKeyRef = new() { Name = "secret", Key = "nul" } }));
        Assert.Equal("configmap \"x\" not found", Assert.Throws<ContainerConfigException>(() => told.Environment(new() { EnvFrom = [new() { ConfigMapRef = new() { Name = "x" } }] })).Message);
        Assert.Equal("secret \"x\" not found", Assert.Throws<ContainerConfigException>(() => told.Environment(new() { EnvFrom = [new() { SecretRef = new() { Name = "x" } }] })).Message);
    }

    [Fact]
    public void A_name_that_is_a_path_finds_nothing()
    {
        told.ConfigMap("map", ("k", "v"));
        Assert.Equal("configmap \"../configmaps/map\" not found", Error(new() { ConfigMapKeyRef = new() { Name = "../configmaps/map", Key = "k" } }));
    }

    [Fact]
    public void What_is_optional_may_be_missing()
    {
        told.ConfigMap("map", ("k", "v"));
        var environment = told.Environment(new ContainerSpec
        {
            EnvFrom = [new() { ConfigMapRef = new() { Name = "x", Optional = true } }, new() { SecretRef = new() { Name = "x", Optional = true } }],
            Env =
            [
                new() { Name = "A", ValueFrom = new() { ConfigMapKeyRef = new() { Name = "x", Key = "k", Optional = true } } },
                new() { Name = "B", ValueFrom = new() { SecretKeyRef = new() { Name = "x", Key = "k", Optional = true } } },
                new() { Name = "C", ValueFrom = new() { ConfigMapKeyRef = new() { Name = "map", Key = "x", Optional = true } } },
                new() { Name = "D", Value = "$(A)" },
            ],
        });

        Assert.Equal(new Dictionary<string, string> { ["D"] = "$(A)" }, environment);
    }

    private static ContainerSpec With(params EnvVar[] variables) => new() { Name = "c", Env = variables };

    private string Error(EnvVarSource source) =>
        Assert.Throws<ContainerConfigException>(() => told.Environment(With(new EnvVar { Name = "A", ValueFrom = source }))).Message;
}
