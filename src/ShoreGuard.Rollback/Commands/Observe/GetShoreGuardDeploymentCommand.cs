using System.Management.Automation;
using ShoreGuard.Rollback.Completers;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Operations;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Finds the ShoreGuard containers of a Docker Engine.</summary>
/// <remarks>
/// <para>Lists the containers of the Compose service <c>shoreguard</c>, running or stopped, or those that the parameters
/// name. Each comes with its image, digest and baked-in identity, its state, where it answers, where its database is, and the
/// Compose files it was made from. Reads only.</para>
/// <para>Unfinished says what was begun on it and not brought to an end, because a process was killed or could not put everything back,
/// and which command ends it.</para>
/// <para>No password is shown: a database's URL has <c>***</c> in its place.</para>
/// </remarks>
/// <example>
/// <para>What runs here</para>
/// <code>Get-ShoreGuardDeployment</code>
/// <para>One object for each ShoreGuard container on the engine that DOCKER_HOST names, or the default one.</para>
/// </example>
/// <example>
/// <para>One of them</para>
/// <code>Get-ShoreGuardDeployment prod-shoreguard-1</code>
/// <para>By the name in the table, which Tab completes.</para>
/// </example>
/// <example>
/// <para>Is it well?</para>
/// <code>Get-ShoreGuardDeployment -Project prod | Test-ShoreGuardHealth</code>
/// <para>Probes each deployment of the Compose project prod where it answers.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "ShoreGuardDeployment", DefaultParameterSetName = "Compose")]
[OutputType(typeof(Deployment))]
public sealed class GetShoreGuardDeploymentCommand : JournalCommand
{
    /// <summary>Containers by name or id, including those that Compose did not create. With wildcards: those of the Compose service
    /// shoreguard whose name matches.</summary>
    [Parameter(ParameterSetName = "Name", Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(DeploymentNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Only deployments of these Compose projects. Wildcards are allowed.</summary>
    [Parameter(ParameterSetName = "Compose", ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ProjectCompleter))]
    public string[] Project { get; set; } = [];

    /// <summary>The Compose service that is ShoreGuard.</summary>
    [Parameter(ParameterSetName = "Compose")]
    [ValidateNotNullOrEmpty]
    public string Service { get; set; } = "shoreguard";

    /// <summary>The engine's address, such as unix:///var/run/docker.sock, or the name of a Docker context. Default: the variable
    /// DOCKER_HOST, else the current context, else the platform's default. TLS certificates are taken from the context or from
    /// DOCKER_CERT_PATH.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? DockerHost { get; set; }

    private bool _isTold;

    /// <inheritdoc/>
    protected override void ProcessRecord() => Run(FindAsync);

    private async Task FindAsync()
    {
        var query = new DeploymentQuery { Names = Name, Projects = Project, Service = Service, DockerHost = DockerHost };
        var unfinished = UnfinishedWork.ReadAsync(State, DockerHost, Cancellation);
        await foreach (var deployment in DeploymentCatalog.FindAsync(query, Output.Error, Cancellation).ConfigureAwait(false))
            Write(deployment, await unfinished.ConfigureAwait(false));
    }

    private void Write(Deployment deployment, UnfinishedWork unfinished)
    {
        if (unfinished.Problem is { } problem && !_isTold)
            Output.Warning($"Cannot determine whether a change was left unfinished: {problem}.");
        _isTold |= unfinished.Problem is not null;
        Output.Object(deployment with { Unfinished = unfinished.Of(deployment) });
    }
}
