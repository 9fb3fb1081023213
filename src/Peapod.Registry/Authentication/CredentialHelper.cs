using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Text;
using Peapod.Image;
using Peapod.Image.Documents;
using Peapod.Kernel.Terminals;

namespace Peapod.Registry.Authentication;

/// <summary>Docker's helpers, programs that keep credentials: <c>docker-credential-NAME get</c> reads a server's name and writes JSON.</summary>
internal static class CredentialHelper
{
    /// <summary>Characters of an answer.</summary>
    private const int LongestAnswer = 1 << 20;

    /// <summary>The user that stands for "the secret is an identity token".</summary>
    private const string TokenUser = "<token>";

    /// <param name="name">What follows docker-credential- in the program's name.</param>
    /// <param name="server">What credentials are for.</param>
    /// <param name="place">Who names the helper, for messages.</param>
    /// <param name="patience">After which it is ended.</param>
    /// <returns>Null when it has none.</returns>
    internal static Credentials? Get(string name, string server, string place, TimeSpan patience)
    {
        var program = $"docker-credential-{name}";
        if (name.AsSpan().ContainsAny('/', '\0') || name.Length > 200)
        {
            throw new ImageException($"{place}: \"{Printable.Short(name)}\" is not a credential helper's name: what follows docker-credential- in a program's");
        }

        using var process = Start(program, place);
        var answers = Task.Run(() => ReadLimited(process.StandardOutput));
        var complaints = Task.Run(() => ReadLimited(process.StandardError));
        try
        {
            process.StandardInput.Write(server);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading; its exit code says why.
        }

        var all = Task.WhenAll(answers, complaints, process.WaitForExitAsync());
        if (!Wait(all, patience))
        {
            process.Kill(entireProcessTree: true);
            throw new ImageException($"{place}: {program} get has not answered within {patience.TotalSeconds:0} s");
        }

        if (process.ExitCode != 0)
        {
            // Helpers say so on standard output.
            var said = answers.Result.Trim() is { Length: > 0 } output ? output : complaints.Result.Trim();
            return said.StartsWith("credentials not found", StringComparison.Ordinal)
                ? null
                : throw new ImageException($"{place}: {program} get failed with exit code {process.ExitCode}: {Printable.Short(said)}");
        }

        var json = JsonField.Parse(Encoding.UTF8.GetBytes(answers.Result), $"the answer of {program}");
        var user = json.RequiredString("Username");
        var secret = json.RequiredString("Secret");
        return user == TokenUser ? new("", "", secret) : new(user, secret);
    }

    private static bool Wait(Task all, TimeSpan patience)
    {
        try
        {
            return all.Wait(patience);
        }
        catch (AggregateException error) when (error.InnerException is ImageException inner)
        {
            // With the trace of where it came from.
            ExceptionDispatchInfo.Throw(inner);
            throw;
        }
    }

    private static Process Start(string program, string place)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add("get");
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception error)
        {
            throw new ImageException($"{place}: cannot run {program}: {Peapod.Kernel.KernelException.Describe((Peapod.Kernel.Errno)error.NativeErrorCode)}", error);
        }
    }

    private static string ReadLimited(StreamReader reader)
    {
        var text = new StringBuilder();
        var buffer = new char[4096];
        for (int count; (count = reader.Read(buffer)) > 0;)
        {
            text.Append(buffer, 0, count);
            if (text.Length > LongestAnswer)
            {
                throw new ImageException($"a credential helper's answer is longer than {LongestAnswer} characters");
            }
        }

        return text.ToString();
    }
}
