using System.Text.RegularExpressions;
using Peapod.ManPages;

namespace Peapod.UnitTests.ManPages;

/// <summary>The man pages, made as the build makes them. tests/dist.test has mandoc and lexgrog read them.</summary>
public sealed class ManPageTests
{
    private static readonly DateOnly Date = new(2026, 11, 30);

    private static readonly IReadOnlyList<ManPage> All = CommandTree.Pages();

    public static TheoryData<string> Names => new(All.Select(static page => page.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void A_page_has_all_that_its_command_takes(string name)
    {
        var page = Page(name);
        var text = page.ToText(Date);

        foreach (var word in page.Options.SelectMany(static option => option.Aliases.Prepend(option.Name)).Append("--help"))
        {
            Assert.Matches($@"(?m)^(\\fB.*)?{Regex.Escape(Roff.Bold(word))}", text);
        }

        Assert.All(page.Command.Arguments, argument => Assert.Contains(Roff.Italic(argument.HelpName ?? argument.Name), text, StringComparison.Ordinal));
        Assert.All(page.Command.Subcommands, command => Assert.Contains($".TP\n{Roff.Bold(command.Name)}\n", text, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_page_has_its_sections_in_the_usual_order(string name)
    {
        var page = Page(name);
        string[] usual = ["NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "ARGUMENTS", name == "peapod" ? "GLOBAL OPTIONS" : "OPTIONS", "EXIT STATUS", "FILES", "SEE ALSO"];

        var sections = Regex.Matches(page.ToText(Date), @"(?m)^\.SH (.*)$").Select(static match => match.Groups[1].Value).ToList();

        Assert.Equal(usual.Where(sections.Contains), sections);
        Assert.Superset(new HashSet<string> { "NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "SEE ALSO" }, sections.ToHashSet());
    }

    [Fact]
    public void Pages_that_are_referred_to_exist()
    {
        var wanted = All.SelectMany(static page => Regex.Matches(page.ToText(Date), @"\\fB(peapod[^ ]*?)\\fR\(1\)").Select(static match => match.Groups[1].Value.Replace(@"\-", "-", StringComparison.Ordinal))).Distinct();

        Assert.Empty(wanted.Except(All.Select(static page => page.Name)));
    }

    [Fact]
    public void All_three_executables_have_their_pages()
    {
        var names = All.Select(static page => page.Name).ToHashSet();

        Assert.Superset(new HashSet<string> { "peapod", "peapod-run", "peapod-pod", "peapod-pod-run", "peapod-pod-create-secret-tls", "peapod-image-pull", "peapod-completion" }, names);
        Assert.DoesNotContain(names, static name => name.Contains("__", StringComparison.Ordinal));
    }

    [Fact]
    public void The_foot_has_the_date_and_the_version() =>
        Assert.StartsWith(".TH PEAPOD\\-RUN 1 2026-11-30 \"Peapod ", Page("peapod-run").ToText(Date), StringComparison.Ordinal);

    [Theory]
    [InlineData(".data", "\\&.data")]
    [InlineData("--it's", "\\-\\-it\\(aqs")]
    [InlineData("a\\b~^`", "a\\eb\\(ti\\(ha\\(ga")]
    public void What_has_a_meaning_in_roff_stands_for_itself(string text, string escaped) => Assert.Equal(escaped, Roff.Escape(text));

    [Fact]
    public void A_line_of_prose_never_begins_with_a_request()
    {
        var filled = Roff.Fill(string.Join(' ', Enumerable.Repeat(".so", 60)) + ". Next");

        Assert.All(filled.TrimEnd('\n').Split('\n'), static line => Assert.True(line.Length <= 80 && !line.StartsWith('.'), line));
        Assert.EndsWith("\nNext\n", filled, StringComparison.Ordinal);
    }

    private static ManPage Page(string name) => All.Single(page => page.Name == name);
}
