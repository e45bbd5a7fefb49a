using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace ShoreGuard.PwshHost;

/// <summary>Standard output, standard error and standard input as the engine's user interface.</summary>
internal sealed class StandInUI(bool nonInteractive) : PSHostUserInterface
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource<string?> _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _progressLength;

    public override PSHostRawUserInterface RawUI { get; } = new StandInRawUI();

    public override bool SupportsVirtualTerminal => !Console.IsOutputRedirected;

    public override void Write(string value)
    {
        lock (_gate)
        {
            EraseProgress();
            Console.Out.Write(GetOutputString(value, SupportsVirtualTerminal));
        }
    }

    public override void WriteLine(string value) => Write(value + Environment.NewLine);

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) =>
        Write(PSStyle.MapForegroundColorToEscapeSequence(foregroundColor) + value + PSStyle.Instance.Reset);

    public override void WriteErrorLine(string value)
    {
        lock (_gate)
        {
            EraseProgress();
            // What was printed before the error is read before the error.
            Console.Out.Flush();
            Console.Error.WriteLine(GetOutputString(value, !Console.IsErrorRedirected));
        }
    }

    public override void WriteWarningLine(string message) => WriteLabelled(PSStyle.Instance.Formatting.Warning, "WARNING: ", message);

    public override void WriteVerboseLine(string message) => WriteLabelled(PSStyle.Instance.Formatting.Verbose, "VERBOSE: ", message);

    public override void WriteDebugLine(string message) => WriteLabelled(PSStyle.Instance.Formatting.Debug, "DEBUG: ", message);

    public override void WriteInformation(InformationRecord record)
    {
        // The engine prints what is to be seen through Write and WriteLine itself.
    }

    /// <summary>One line, kept up to date, on a terminal; nothing at all where the output is a file.</summary>
    public override void WriteProgress(long sourceId, ProgressRecord record)
    {
        if (Console.IsErrorRedirected) return;
        lock (_gate)
        {
            EraseProgress();
            if (record.RecordType == ProgressRecordType.Completed) return;
            var percent = record.PercentComplete < 0 ? "" : $" {record.PercentComplete,3} %";
            var operation = string.IsNullOrEmpty(record.CurrentOperation) ? "" : $" - {record.CurrentOperation}";
            var text = $"{record.Activity}: {record.StatusDescription}{percent}{operation}".ReplaceLineEndings(" ");
            text = text[..Math.Min(text.Length, Math.Max(1, RawUI.WindowSize.Width - 1))];
            Console.Error.Write(text);
            _progressLength = text.Length;
        }
    }

    public void ClearProgress()
    {
        lock (_gate) EraseProgress();
    }

    public void CancelPrompt() => _cancelled.TrySetException(new PipelineStoppedException());

    public override string ReadLine()
    {
        if (nonInteractive)
            throw new PSInvalidOperationException("The host is in NonInteractive mode. Read and Prompt functionality is not available.");
        ClearProgress();
        // A read of standard input cannot be cancelled: on Ctrl-C it is left behind, and the pipeline goes on stopping.
        return Task.WhenAny(Task.Run(Console.In.ReadLine), _cancelled.Task).Unwrap().GetAwaiter().GetResult()
            ?? throw new PromptingException("Standard input has ended: there is nobody to answer.");
    }

    public override SecureString ReadLineAsSecureString()
    {
        var secret = new SecureString();
        if (Console.IsInputRedirected)
        {
            foreach (var c in ReadLine()) secret.AppendChar(c);
        }
        else
        {
            while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
            {
                if (key.Key == ConsoleKey.Backspace && secret.Length > 0) secret.RemoveAt(secret.Length - 1);
                else if (!char.IsControl(key.KeyChar)) secret.AppendChar(key.KeyChar);
            }

            WriteLine("");
        }

        secret.MakeReadOnly();
        return secret;
    }

    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        WriteLine("");
        if (!string.IsNullOrEmpty(caption)) WriteLine(caption);
        if (!string.IsNullOrEmpty(message)) WriteLine(message);
        var keys = choices.Select(Key).ToArray();
        while (true)
        {
            for (var i = 0; i < choices.Count; i++) Write($"[{keys[i]}] {Text(choices[i])}  ");
            Write("[?] Help" + (defaultChoice >= 0 ? $" (default is \"{keys[defaultChoice]}\"): " : ": "));
            var answer = ReadLine().Trim();
            if (answer.Length == 0 && defaultChoice >= 0) return defaultChoice;
            if (answer == "?")
            {
                for (var i = 0; i < choices.Count; i++) WriteLine($"{keys[i]} - {choices[i].HelpMessage}");
                continue;
            }

            for (var i = 0; i < choices.Count; i++)
            {
                if (answer.Equals(keys[i], StringComparison.OrdinalIgnoreCase) || answer.Equals(Text(choices[i]), StringComparison.OrdinalIgnoreCase))
                    return i;
            }
        }
    }

    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions)
    {
        if (!string.IsNullOrEmpty(caption)) WriteLine(caption);
        if (!string.IsNullOrEmpty(message)) WriteLine(message);
        var answers = new Dictionary<string, PSObject>();
        foreach (var field in descriptions)
        {
            Write($"{field.Name}: ");
            var isSecret = field.ParameterTypeFullName == typeof(SecureString).FullName;
            answers[field.Name] = PSObject.AsPSObject(isSecret ? ReadLineAsSecureString() : ReadLine());
        }

        return answers;
    }

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
        PromptForCredential(caption, message, userName, targetName, PSCredentialTypes.Default, PSCredentialUIOptions.Default);

    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options)
    {
        if (string.IsNullOrEmpty(userName))
        {
            Write("User: ");
            userName = ReadLine();
        }

        Write($"Password for user {userName}: ");
        return new PSCredential(userName, ReadLineAsSecureString());
    }

    private void WriteLabelled(string style, string label, string message) =>
        WriteLine(style + label + message + PSStyle.Instance.Reset);

    /// <summary>The letter behind the ampersand, which is what is typed to choose.</summary>
    private static string Key(ChoiceDescription choice)
    {
        var at = choice.Label.IndexOf('&', StringComparison.Ordinal);
        return at >= 0 && at + 1 < choice.Label.Length ? choice.Label[(at + 1)..(at + 2)].ToUpperInvariant() : choice.Label;
    }

    private static string Text(ChoiceDescription choice) => choice.Label.Replace("&", "", StringComparison.Ordinal);

    private void EraseProgress()
    {
        if (_progressLength == 0) return;
        Console.Error.Write("\r\e[2K");
        _progressLength = 0;
    }
}
