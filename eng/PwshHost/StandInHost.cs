using System.Globalization;
using System.Management.Automation.Host;

namespace ShoreGuard.PwshHost;

/// <summary>What the engine sees of the world around it.</summary>
internal sealed class StandInHost(bool nonInteractive) : PSHost
{
    private readonly StandInUI _ui = new(nonInteractive);

    /// <summary>What a script's <c>exit</c> asked for; null while none did.</summary>
    public int? ExitCode { get; private set; }

    public override string Name => "ShoreGuard stand-in host";

    public override Version Version { get; } = typeof(PSHost).Assembly.GetName().Version!;

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override PSHostUserInterface UI => _ui;

    public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;

    // Globalization is invariant: say which language the texts are in, so that help is found.
    public override CultureInfo CurrentUICulture { get; } = CultureInfo.GetCultureInfo("en-US");

    public override void SetShouldExit(int exitCode) => ExitCode = exitCode;

    public void ClearProgress() => _ui.ClearProgress();

    public void CancelPrompt() => _ui.CancelPrompt();

    public override void EnterNestedPrompt() => throw new NotSupportedException("The stand-in host has no nested prompt.");

    public override void ExitNestedPrompt()
    {
    }

    public override void NotifyBeginApplication() => ClearProgress();

    public override void NotifyEndApplication()
    {
    }
}
