using System.Management.Automation;
using ShoreGuard.Rollback.Completers;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>A cmdlet that goes on with an operation of the journal or of an engine.</summary>
public abstract class OperationCommand : JournalCommand
{
    /// <summary>The engine that is asked for operations of other users, state folders and machines: its address, or the name of a Docker context. Default: the
    /// variable DOCKER_HOST, else the current context, else the platform's default.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? DockerHost { get; set; }
}
