using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Peapod.Pod.Manifest;

namespace Peapod.Pod.Cli.Parsing;

/// <summary>A command line that cannot be understood: one sentence that names the word at fault, in kubectl's words where it has some, and where help is.</summary>
internal static class UsageError
{
    /// <summary>Null for a command line that is to be run.</summary>
    internal static PodException? Of(ParseResult parsed)
    {
        if (parsed.Action is HelpAction)
        {
            return null;
        }

        var sentence = Flag(parsed) is { } flag ? UnknownFlag(parsed, flag)
            : parsed.CommandResult.Command.Subcommands.Count > 0 && parsed.UnmatchedTokens is [var word, ..] ? UnknownCommand(parsed, word)
            : parsed.Errors is [var error, ..] ? Describe(parsed, error)
            : null;
        return sentence is null ? null : new PodException($"{sentence}\n  see {PathOf(parsed.CommandResult)} --help");
    }

    /// <summary>The first word before <c>--</c> that looks like a flag and is none: the library takes it for an argument where there is room for one.</summary>
    private static string? Flag(ParseResult parsed)
    {
        var taken = new List<Token>();
        foreach (var child in parsed.CommandResult.Children)
        {
            if (child is ArgumentResult argument)
            {
                taken.AddRange(argument.Tokens);
            }
        }

        foreach (var token in parsed.Tokens)
        {
            if (token.Type == TokenType.DoubleDash)
            {
                return null;
            }

            if (token is { Type: TokenType.Argument, Value: ['-', _, ..] } && (taken.Exists(other => ReferenceEquals(other, token)) || parsed.UnmatchedTokens.Contains(token.Value)))
            {
                return token.Value;
            }
        }

        return null;
    }

    private static string UnknownFlag(ParseResult parsed, string given)
    {
        var flag = given.Split('=')[0];
        var names = new List<string>();
        for (SymbolResult? result = parsed.CommandResult; result is CommandResult command; result = result.Parent)
        {
            foreach (var option in command.Command.Options)
            {
                names.Add(option.Name);
            }
        }

        // What a container is to run may have any flag.
        var hasCommand = parsed.CommandResult.Command.Arguments.Any(static argument => argument.Name == "COMMAND");
        return $"unknown flag: {flag}{Meant(flag, names)}" + (hasCommand ? "\n  the container's own command and its flags go behind --" : "");
    }

    private static string UnknownCommand(ParseResult parsed, string word) =>
        $"unknown command \"{word}\" for \"{PathOf(parsed.CommandResult)}\"" + Meant(word, [.. parsed.CommandResult.Command.Subcommands.Select(static command => command.Name)]);

    private static string Describe(ParseResult parsed, ParseError error)
    {
        var result = error.SymbolResult is ArgumentResult { Parent: OptionResult parent } ? parent : error.SymbolResult;
        return result switch
        {
            OptionResult { Implicit: true } or CommandResult when RequiredOption(parsed.CommandResult) is { } required => $"{NameOf(parsed.CommandResult)} needs {required.Name} {required.HelpName}",
            OptionResult option when option.Tokens.Count < option.Option.Arity.MinimumNumberOfValues => $"flag needs an argument: {option.Option.Name}",
            OptionResult { Tokens: [.., var value] } option => $"invalid argument \"{value.Value}\" for {option.Option.Name}: expected {Expected(option.Option.ValueType, option.Option.GetCompletions(CompletionContext.Empty))}",
            ArgumentResult { Tokens: [] } => Missing(parsed.CommandResult),
            ArgumentResult { Tokens: [var value, ..] } argument => $"invalid argument \"{value.Value}\" for {argument.Argument.Name}: expected {Expected(argument.Argument.ValueType, argument.Argument.GetCompletions(CompletionContext.Empty))}",
            _ when parsed.UnmatchedTokens is [var first, ..] => $"{NameOf(parsed.CommandResult)} has no use for the argument \"{first}\"",
            _ => error.Message,
        };
    }

    private static string Missing(CommandResult command)
    {
        var missing = new List<string>();
        foreach (var argument in command.Command.Arguments)
        {
            if (argument.Arity.MinimumNumberOfValues > 0 && command.GetResult(argument) is not { Tokens.Count: > 0 })
            {
                missing.Add(argument.Name);
            }
        }

        return $"{NameOf(command)} needs {string.Join(" and ", missing)}";
    }

    private static Option? RequiredOption(CommandResult command) =>
        command.Command.Options.FirstOrDefault(option => option.Required && command.GetResult(option) is not { Implicit: false });

    private static string Expected(Type type, IEnumerable<CompletionItem> words) =>
        type == typeof(int) || type == typeof(long) || type == typeof(long?) ? "a number"
        : type == typeof(bool) ? "true or false"
        : string.Join(" or ", words.Select(static word => word.Label));

    /// <summary>As a sentence has it: without the program's name, with which all of them begin.</summary>
    private static string NameOf(CommandResult command) => PathOf(command)["peapod ".Length..];

    private static string PathOf(CommandResult command)
    {
        var path = command.Command.Name;
        for (var parent = command.Parent; parent is CommandResult above; parent = parent.Parent)
        {
            path = $"{above.Command.Name} {path}";
        }

        return path;
    }

    private static string Meant(string word, List<string> known) =>
        Spelling.Hint(Spelling.Nearest(word, known) ?? (word.TrimStart('-').Length > 1 ? known.Find(other => other.StartsWith(word, StringComparison.Ordinal)) : null));
}
