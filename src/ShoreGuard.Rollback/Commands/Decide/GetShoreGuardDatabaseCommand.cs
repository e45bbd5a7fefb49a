using System.Management.Automation;
using ShoreGuard.Rollback.Deserialized;
using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Finds a ShoreGuard database, and says what is in it.</summary>
/// <remarks>
/// <para>Shows kind, place, version of the server, size, Alembic revision, and the rows of every table, counted now. A SQLite database is
/// read beside the application that uses it; one in a PostgreSQL server inside a Compose network is reached there. Reads
/// only, and leaves no trace.</para>
/// <para>Transport says how it was reached: directly, or through the container. What the engine alone can reach is read in a one-off
/// container of the application's image, which has its volumes and is removed again; a server by a relay into its network.
/// That works while the application is stopped, too.</para>
/// <para>The database is that of the deployment from the pipeline, that of -DatabaseUrl, or that of the variable
/// SHOREGUARD_DATABASE_URL, in this order. Passwords are never shown.</para>
/// </remarks>
/// <example>
/// <para>Where is it, and at which revision?</para>
/// <code>Get-ShoreGuardDeployment | Get-ShoreGuardDatabase</code>
/// <para>The database of each deployment.</para>
/// </example>
/// <example>
/// <para>How many gateways are in it?</para>
/// <code>(Get-ShoreGuardDatabase -DatabaseUrl sqlite:////var/lib/shoreguard/shoreguard.db).Rows</code>
/// <para>Every table with its number of rows.</para>
/// </example>
/// <example>
/// <para>On another machine's engine</para>
/// <code>Get-ShoreGuardDeployment | Get-ShoreGuardDatabase -Transport Container -Verbose</code>
/// <para>Reads the database through the engine, also where its file or its server could be reached directly.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "ShoreGuardDatabase", DefaultParameterSetName = "Url")]
[OutputType(typeof(DatabaseReport))]
public sealed class GetShoreGuardDatabaseCommand : ShoreGuardCommand
{
    /// <summary>The database as a SQLAlchemy URL, as in SHOREGUARD_DATABASE_URL: sqlite:///relative.db, sqlite:////absolute.db or
    /// postgresql://USER:PASSWORD@HOST:PORT/DATABASE. Default: the variable SHOREGUARD_DATABASE_URL.</summary>
    [Parameter(ParameterSetName = "Url", Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? DatabaseUrl { get; set; }

    /// <summary>The deployment whose database it is, from Get-ShoreGuardDeployment.</summary>
    [Parameter(ParameterSetName = "Deployment", Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    [Record(typeof(Deployment))]
    public Deployment? Deployment { get; set; }

    /// <summary>How the database is reached. Auto: directly where that works, else through the deployment's engine, which -Verbose explains. Direct:
    /// the file on this machine, or a connection to the server. Container: inside a one-off container beside the application, or in the server's own
    /// container.</summary>
    [Parameter]
    public DatabaseTransport Transport { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        DatabaseRequest request;
        try
        {
            request = new DatabaseRequest { Url = DatabaseUrl, Deployment = Deployment, Transport = Transport, BaseFolder = ResolvePath(".") };
        }
        catch (ShoreGuardException error)
        {
            WriteFailure(error);
            return;
        }
        var reporter = new PipelineReporter(Output, request.Deployment?.Name);
        Run(async () => Output.Object(await DatabaseInspection.RunAsync(request, reporter, Cancellation).ConfigureAwait(false)));
    }
}
