using System.CommandLine;
using System.CommandLine.Parsing;
using Peapod.Container;

namespace Peapod.Cli;

/// <summary>A command line that cannot be understood: one sentence that names the word at fault, in the words of Go's flag package where callers know those.</summary>
internal static class UsageError
{
    /// <summary>runc's exit code for a command that it does not have.</summary>
    private const int UnknownCommand = 3;

    internal static ContainerException Of(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var help = $"\n  see {(HelpText.Parent(command) is not null ? $"peapod {command.Name}" : "peapod")} --help";
        return command.Subcommands.Count > 0 && parsed.UnmatchedTokens is [[not '-', ..] name, ..] ? new($"unknown command \"{name}\"{(Elsewhere(name) is { } meant ? $", did you mean \"{meant}\"?" : "")}{help}", UnknownCommand)
            : UnknownFlag(parsed) is { } flag ? new($"flag provided but not defined: {flag}{help}")
            : new(Describe(parsed, parsed.Errors[0], command) + help);
    }

    /// <summary>What kubectl's and podman's commands are called here; null for no such word.</summary>
    private static string? Elsewhere(string name) => name switch
    {
        "annotate" or "apply" or "attach" or "cp" or "debug" or "describe" or "diff" or "edit" or "explain" or "get" or "label" or "logs" or "port-forward" or "rm" or "set" or "stop" or "top" or "wait" or "why" => $"peapod pod {name}",
        "load" or "pull" or "push" or "save" or "rmi" => $"peapod image {(name == "rmi" ? "rm" : name)}",
        "images" => "peapod image ls",
        "version" => "peapod --version",
        "info" => "peapod doctor",
        _ => null,
    };

    /// <summary>Help on a command that there is not; null for one that there is.</summary>
    internal static ContainerException? OfHelp(Command root, string? topic)
    {
        foreach (var command in root.Subcommands)
        {
            if (command.Name == topic)
            {
                return null;
            }
        }

        return topic is null ? null : new($"No help topic for '{topic}'\n  see peapod --help", UnknownCommand);
    }

    private static string? UnknownFlag(ParseResult parsed)
    {
        foreach (var error in parsed.Errors)
        {
            // The library takes an option that it does not know for an argument, where there is room for one.
            if (error.SymbolResult is ArgumentResult { Parent: not OptionResult, Tokens: [{ Value: ['-', ..] given }, ..] })
            {
                return given;
            }
        }

        foreach (var token in parsed.UnmatchedTokens)
        {
            if (token is ['-', _, ..])
            {
                return token;
            }
        }

        return null;
    }

    private static string Describe(ParseResult parsed, ParseError error, Command command)
    {
        var result = error.SymbolResult is ArgumentResult { Parent: OptionResult parent } ? parent : error.SymbolResult;
        return result switch
        {
            OptionResult option when option.Tokens.Count < option.Option.Arity.MinimumNumberOfValues => $"flag needs an argument: {option.Option.Name}",
            OptionResult { Tokens: [.., var value] } option => $"invalid value \"{value.Value}\" for flag {option.Option.Name}",
            ArgumentResult { Tokens: [] } argument => $"\"{command.Name}\" needs a {argument.Argument.Name}",
            _ when parsed.UnmatchedTokens is [var first, ..] => $"\"{command.Name}\" has no use for the argument \"{first}\"",
            _ => error.Message,
        };
    }
}
