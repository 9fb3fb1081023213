using Peapod.Image.Cli.Commands;
using Peapod.Kernel.Terminals;
using Peapod.Pod.Cli.Completion;
using Peapod.Pod.Cli.Parsing;

return Invocation.Run(() =>
{
    var root = Invocation.Root();
    root.Subcommands.Add(ImageCommands.Make());
    if (args is [Completer.Command, var line])
    {
        Completer.Complete(root, line).ForEach(static word => Console.WriteLine(Printable.Line(word)));
        return 0;
    }

    return Invocation.Invoke(root, args);
});
