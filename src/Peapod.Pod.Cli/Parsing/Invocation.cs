using System.CommandLine;
using System.CommandLine.Help;
using Peapod.Container;
using Peapod.Kernel.Processes;
using Peapod.Pod.Cli.Output;

namespace Peapod.Pod.Cli.Parsing;

/// <summary>What every command line goes through: parsing, usage errors, and the one place where failures become sentences and exit codes.</summary>
internal static class Invocation
{
    /// <summary>Makes the root, which the user calls peapod; see peapod's own Program for why it is no RootCommand.</summary>
    internal static Command Root() => new("peapod", "Kubernetes pods and their images on one host.") { new HelpOption("--help", "-h", "-?") { Recursive = true } };

    /// <returns>The exit code.</returns>
    internal static int Run(Func<int> command)
    {
        DescriptorWriter.Install();
        try
        {
            return command();
        }
        catch (Exception e) when (DescriptorWriter.HasNoReader(e))
        {
            // As if by SIGPIPE, which .NET ignores.
            return 128 + Signals.SIGPIPE;
        }
        catch (Exception e) when (PodFailure.Is(e))
        {
            Report.Error(e);
            return e switch { PodException pod => pod.ExitCode, ContainerException container => container.ExitCode, _ => 1 };
        }
        catch (Exception e)
        {
            Console.Error.WriteLine($"peapod: {UnexpectedFailure.Sentence(e)}");
            if (UnexpectedFailure.Trace(e) is { } trace)
            {
                Console.Error.WriteLine(trace);
            }

            return 1;
        }
    }

    /// <summary>Does what a command line says.</summary>
    /// <returns>The exit code.</returns>
    internal static int Invoke(Command root, string[] args)
    {
        var parser = new ParserConfiguration { ResponseFileTokenReplacer = null };
        var parsed = root.Parse(args, parser);
        if (parsed is { CommandResult.Command.Subcommands.Count: > 0, UnmatchedTokens.Count: 0, Action: not HelpAction })
        {
            // "peapod pod" and no more: what there is.
            parsed = root.Parse([.. args, "--help"], parser);
        }

        if (UsageError.Of(parsed) is { } wrong)
        {
            throw wrong;
        }

        return Damages.ExitCode(parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false }));
    }
}
