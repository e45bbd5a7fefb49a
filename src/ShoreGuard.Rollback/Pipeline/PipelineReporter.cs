using ShoreGuard.Rollback.Engine;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>Hands what the engine reports to the pipeline. Apart from <see cref="PipelineOutput"/>, so that importing the module does not load the engine.</summary>
internal sealed class PipelineReporter(PipelineOutput output) : IReporter
{
    public void Verbose(string message) => output.Verbose(message);
    public void Warning(string message) => output.Warning(message);
    public void Progress(ProgressUpdate update) => output.Progress(update.Activity, update.Status, update.Percent, update.Remaining, update.Completed);
}
