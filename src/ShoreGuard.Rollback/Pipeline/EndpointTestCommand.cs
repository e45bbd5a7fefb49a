using System.Management.Automation;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>A cmdlet that tests ShoreGuard applications, and gives a report on each or one answer for all.</summary>
public abstract class EndpointTestCommand : EndpointCommand
{
    /// <summary>Write only one answer for everything that was asked: $true where at least one was, every one of them is good and no error occurred,
    /// else $false.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    private QuietAnswer? _answer;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _answer = Quiet ? new(this) : null;
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        base.EndProcessing();
        _answer?.Write();
    }

    /// <summary>Queues what was found of one.</summary>
    /// <param name="report">The report.</param>
    /// <param name="isGood">What it says, in a word.</param>
    /// <param name="words">What the host tells of it where the pipeline is stopping; null for nothing.</param>
    private protected void Say(object report, bool isGood, string? words = null)
    {
        if (_answer is { } answer)
            answer.Add(isGood);
        else if (words is not null)
            Output.Object(report, words);
        else
            Output.Object(report);
    }
}
