using System.Management.Automation;
using ShoreGuard.Rollback.Completers;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Finds the ShoreGuard containers of a Docker Engine.</summary>
/// <remarks>
/// <para>Lists the containers of the Compose service <c>shoreguard</c>, running or stopped, or those that the parameters
/// name. Each comes with its image, digest and baked-in identity, its state, where it answers, where its database is, and the
/// Compose files it was made from. Reads only.</para>
/// <para>No password is shown: a database's URL has <c>***</c> in its place.</para>
/// </remarks>
/// <example>
/// <para>What runs here</para>
/// <code>Get-ShoreGuardDeployment</code>
/// <para>One object for each ShoreGuard container on the engine that DOCKER_HOST names, or the default one.</para>
/// </example>
/// <example>
/// <para>Is it well?</para>
/// <code>Get-ShoreGuardDeployment -Project prod | Test-ShoreGuardHealth</code>
/// <para>Probes each deployment of the Compose project prod where it answers.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "ShoreGuardDeployment", DefaultParameterSetName = "Compose")]
[OutputType(typeof(Deployment))]
public sealed class GetShoreGuardDeploymentCommand : ShoreGuardCommand
{
    /// <summary>Only deployments of these Compose projects. Wildcards are allowed.</summary>
    [Parameter(ParameterSetName = "Compose", Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ProjectCompleter))]
    public string[] Project { get; set; } = ["*"];

    /// <summary>The Compose service that is ShoreGuard.</summary>
    [Parameter(ParameterSetName = "Compose")]
    [ValidateNotNullOrEmpty]
    public string Service { get; set; } = "shoreguard";

    /// <summary>Containers by name or id, also those that Compose did not make.</summary>
    [Parameter(ParameterSetName = "Name", Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>The engine's address, such as unix:///var/run/docker.sock, or the name of a Docker context. Default: the variable DOCKER_HOST, else the chosen context, else the platform's default. TLS certificates are taken from the context or from DOCKER_CERT_PATH.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? DockerHost { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Run(ParameterSetName == "Name" ? FindByNameAsync : FindByServiceAsync);

    private async Task FindByNameAsync()
    {
        foreach (var name in Name)
        {
            try
            {
                Output.Object(await DeploymentCatalog.GetAsync(name, DockerHost, Cancellation).ConfigureAwait(false));
            }
            catch (ShoreGuardException error) when (error.Id == "DeploymentNotFound")
            {
                Output.Error(error);
            }
        }
    }

    private async Task FindByServiceAsync()
    {
        var wanted = Project.Select(pattern => WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase)).ToArray();
        var found = 0;
        await foreach (var deployment in DeploymentCatalog.FindAsync(Service, DockerHost, Cancellation).ConfigureAwait(false))
        {
            if (!wanted.Any(pattern => pattern.IsMatch(deployment.Project ?? "")))
                continue;
            found++;
            Output.Object(deployment);
        }
        if (found == 0 && Project is not ["*"] && !Project.Any(WildcardPattern.ContainsWildcardCharacters))
            throw DeploymentCatalog.NotFound($"of the Compose project '{string.Join("', '", Project)}' and service '{Service}'", DockerHost);
    }
}
