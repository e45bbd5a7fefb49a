using System.Management.Automation;
using ShoreGuard.Rollback.Completers;
using ShoreGuard.Rollback.Deserialized;
using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Reads the schema of a database, the migrations of an image, and how the two fit.</summary>
/// <remarks>
/// <para>Of a database: the Alembic revisions that it is at. Of an image: every migration script with its revision, what it builds on,
/// what it does, and whether its downgrade() undoes it, does nothing, or refuses. Of a deployment: both, and whether they fit.
/// ShoreGuard migrates its database at every start, and an image that does not know the database's revision does not start: so
/// -CompareTo says of another image whether it starts as it is (Same), upgrades the database first (Behind: the database is), or
/// refuses (Ahead, Diverged).</para>
/// <para>The scripts are read in a one-off container of the image, without network, volumes and database. Their graph is Alembic's own;
/// what they do is read from their text, which is not run. A name that a script computes cannot be read, and is said to be unknown.
/// What was read is kept in the user's cache folder by the image's id, since an image does not change.</para>
/// <para>Reads only. An image that is not on the engine is not pulled. The deployment may be stopped.</para>
/// </remarks>
/// <example>
/// <para>Where is the database, and can the last migrations be taken back?</para>
/// <code>Get-ShoreGuardDeployment | Get-ShoreGuardSchema</code>
/// <para>The database's revision, the heads of the image that runs, and every migration with what a downgrade drops.</para>
/// </example>
/// <example>
/// <para>Will another release start on this database?</para>
/// <code>(Get-ShoreGuardDeployment -Project prod | Get-ShoreGuardSchema -CompareTo (Get-ShoreGuardDeployment -Project prod).Image).Comparison.Verdict</code>
/// <para>Same, Behind, Ahead, Diverged or Unknown; here of the image that runs anyway.</para>
/// </example>
/// <example>
/// <para>The revision of a file</para>
/// <code>Get-ShoreGuardSchema -DatabaseUrl sqlite:////var/lib/shoreguard/shoreguard.db</code>
/// <para>Four slashes make the path absolute. The revisions alone: no image is named.</para>
/// </example>
/// <example>
/// <para>The migrations of a release</para>
/// <code>Get-ShoreGuardDeployment | Get-ShoreGuardRelease -Version 0.27.0 | Get-ShoreGuardSchema | ForEach-Object Migrations</code>
/// <para>A release goes on with its image, which has to be on the engine.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "ShoreGuardSchema", DefaultParameterSetName = "Url")]
[OutputType(typeof(SchemaReport))]
public sealed class GetShoreGuardSchemaCommand : ShoreGuardCommand
{
    /// <summary>The database as a SQLAlchemy URL, as in SHOREGUARD_DATABASE_URL: sqlite:///relative.db, sqlite:////absolute.db or
    /// postgresql://USER:PASSWORD@HOST:PORT/DATABASE. Default: the variable SHOREGUARD_DATABASE_URL.</summary>
    [Parameter(ParameterSetName = "Url")]
    [ValidateNotNullOrEmpty]
    public string? DatabaseUrl { get; set; }

    /// <summary>The deployment, from Get-ShoreGuardDeployment, whose database and image are read. It may be stopped.</summary>
    [Parameter(ParameterSetName = "Deployment", Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNull]
    [Record(typeof(Deployment))]
    public Deployment? Deployment { get; set; }

    /// <summary>The image that is read, by name or id. It has to be on the engine: docker pull brings it there.</summary>
    [Parameter(ParameterSetName = "Image", Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ReleaseCompleter))]
    public string? Image { get; set; }

    /// <summary>Another image to hold the database, or without one the image's heads, against. It has to be on the engine.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ReleaseCompleter))]
    public string? CompareTo { get; set; }

    /// <summary>The engine's address, such as unix:///var/run/docker.sock, or the name of a Docker context. Default: the variable DOCKER_HOST, else
    /// the chosen context, else the platform's default.</summary>
    [Parameter(ParameterSetName = "Url")]
    [Parameter(ParameterSetName = "Image", ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? DockerHost { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        SchemaRequest request;
        try
        {
            var database = new DatabaseRequest { Url = DatabaseUrl, Deployment = Deployment, BaseFolder = ResolvePath(".") };
            request = new SchemaRequest { Deployment = Deployment, Image = Image, Database = database, CompareTo = CompareTo, DockerHost = DockerHost };
        }
        catch (ShoreGuardException error)
        {
            WriteFailure(error);
            return;
        }
        var reporter = new PipelineReporter(Output, request.Deployment?.Name);
        Run(async () => Output.Object(await SchemaInspection.RunAsync(request, reporter, Cancellation).ConfigureAwait(false)));
    }
}
