using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Peapod.Cli;
using Peapod.Cli.Commands;
using Peapod.Container;
using Peapod.Kernel;
using Peapod.Kernel.Processes;
using Peapod.Oci;

var globals = new GlobalOptions();
args = HelpText.Rewrite(args);

// Not a RootCommand: that one looks up its executable's name, its resources and its attributes, which together take as long as parsing does.
var root = new Command("peapod", CommandTable.Summary);
var asksForHelp = args.Length == 0 || args.AsSpan().IndexOfAny("--help", "-h", "-?") >= 0;
if (asksForHelp)
{
    root.Options.Add(new HelpOption("--help", "-h", "-?") { Recursive = true, Action = new HelpText() });
}

globals.AddTo(root);
CommandTable.AddTo(root, args, globals);

// No response files: "@file" would read a file of the host's into what its caller passes on for others.
var parsed = root.Parse(RepeatedFlags.KeepLast(TrailingArguments.Separate(args), root), new ParserConfiguration { ResponseFileTokenReplacer = null });
using var log = RuntimeLog.Open(globals, parsed);
globals.Warn = log.Warn;
globals.Error = log.Error;
globals.Debugging = log.Debugging;
try
{
    log.AppendTo(parsed.GetResult(globals.Log) is { Tokens: [.., var last] } ? last.Value : null);
    if (asksForHelp && UsageError.OfHelp(root, GlobalOptions.CommandOf(args)) is { } unknown)
    {
        throw unknown;
    }

    if (parsed.Action is ParseErrorAction)
    {
        throw UsageError.Of(parsed);
    }

    return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (ContainerException e)
{
    log.Error(e.Message);
    return e.ExitCode;
}
catch (SpecException e)
{
    log.Error($"config.json: {e.Message}");
    return 1;
}
catch (KernelException e) when (Output.HasNoReader(e))
{
    // As if by SIGPIPE, which .NET ignores.
    return 128 + Signals.SIGPIPE;
}
catch (KernelException e)
{
    log.Error(e.Message);
    return 1;
}
catch (Exception e)
{
    log.Error(UnexpectedFailure.Sentence(e));
    if ((globals.Debugging is null ? UnexpectedFailure.Trace(e) : e.ToString()) is { } trace)
    {
        Output.Error(trace);
    }

    return 1;
}
