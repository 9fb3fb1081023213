using Peapod.Pod.Manifest;

namespace Peapod.UnitTests.Manifest;

public sealed class VariableExpansionTests
{
    private static readonly Dictionary<string, string> Variables = new() { ["A"] = "1", ["B_B"] = "$(A)", ["EMPTY"] = "", ["x y"] = "z" };

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData("$(A)", "1")]
    [InlineData("x$(A)y$(A)", "x1y1")]
    [InlineData("$(B_B)", "$(A)")]
    [InlineData("[$(EMPTY)]", "[]")]
    [InlineData("$(x y)", "z")]
    [InlineData("$(MISSING)", "$(MISSING)")]
    [InlineData("$()", "$()")]
    [InlineData("$$(A)", "$(A)")]
    [InlineData("$$$(A)", "$1")]
    [InlineData("$$$$(A)", "$$(A)")]
    [InlineData("$$", "$")]
    [InlineData("$", "$")]
    [InlineData("a$", "a$")]
    [InlineData("$(", "$(")]
    [InlineData("$(A", "$(A")]
    [InlineData("$(A$(A)", "$(A$(A)")]
    [InlineData("$A ${A}", "$A ${A}")]
    [InlineData("$($$", "$($")]
    [InlineData("$((A))", "$((A))")]
    public void References_are_expanded_as_Kubernetes_does(string text, string expanded)
    {
        Assert.Equal(expanded, VariableExpansion.Expand(text, Variables));
    }

    [Fact]
    public void Commands_are_expanded_word_by_word()
    {
        Assert.Equal(["1", "-c", "echo 1"], VariableExpansion.Expand(["$(A)", "-c", "echo $(A)"], Variables));
    }
}
