using ShoreGuard.Rollback.Engine;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>Hands what the engine reports to the pipeline. Apart from <see cref="PipelineOutput"/>, so that importing the module does not load the
/// engine.</summary>
/// <param name="output">The pipeline.</param>
/// <param name="subject">What the work is about, such as the name of a deployment: with several in one pipeline, a warning has to say which
/// one it means.</param>
internal sealed class PipelineReporter(PipelineOutput output, string? subject = null) : IReporter
{
    public void Verbose(string message) => output.Verbose(message);
    public void Warning(string message) => output.Warning(Readable.About(subject, message));
    public void BeginStep(string name) => output.Step(name);
    public void Progress(ProgressUpdate update) =>
        output.Progress(update.Activity, update.Status, update.Percent, update.Remaining, update.IsStep, update.Completed);
}
