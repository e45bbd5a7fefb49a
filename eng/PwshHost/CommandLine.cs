using System.Management.Automation.Runspaces;

namespace ShoreGuard.PwshHost;

/// <summary>The part of pwsh's command line that scripts and tests use.</summary>
internal sealed record CommandLine(string? File, string? Command, IReadOnlyList<string> Arguments, bool NonInteractive)
{
    public const string Usage = """
        usage: ShoreGuard.PwshHost [-NoProfile] [-NonInteractive] [-File] SCRIPT [ARGUMENT...]
               ShoreGuard.PwshHost [-NoProfile] [-NonInteractive] -Command TEXT

        Runs a script or a command in the PowerShell engine, with the cmdlets of Microsoft.PowerShell.Core only.
        """;

    /// <summary>Reads the arguments; null when they make no sense.</summary>
    public static CommandLine? Parse(string[] args)
    {
        var nonInteractive = false;
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i].TrimStart('-').ToUpperInvariant())
            {
                case var _ when !args[i].StartsWith('-'):
                    return new CommandLine(args[i], null, args[(i + 1)..], nonInteractive);
                case "NOPROFILE" or "NOP" or "NOLOGO":
                    break;
                case "NONINTERACTIVE":
                    nonInteractive = true;
                    break;
                case "FILE" or "F" when i + 1 < args.Length:
                    return new CommandLine(args[i + 1], null, args[(i + 2)..], nonInteractive);
                case "COMMAND" or "C" when i + 1 < args.Length:
                    // As pwsh does: everything that follows is the command's text.
                    return new CommandLine(null, string.Join(' ', args[(i + 1)..]), [], nonInteractive);
                default:
                    return null;
            }
        }

        return null;
    }

    /// <summary>The arguments as the engine binds them: by pwsh's rules, a name and its value are told apart by the script's parameters.</summary>
    public IEnumerable<CommandParameter> ScriptArguments()
    {
        foreach (var argument in Arguments)
        {
            var colon = argument.IndexOf(':', StringComparison.Ordinal);
            if (argument.Length < 2 || argument[0] != '-') yield return new CommandParameter(null, argument);
            else if (colon < 0) yield return new CommandParameter(argument);
            else yield return new CommandParameter(argument[..colon], Value(argument[(colon + 1)..]));
        }
    }

    private static object Value(string text) => text.ToUpperInvariant() switch
    {
        "$TRUE" => true,
        "$FALSE" => false,
        _ => text,
    };
}
