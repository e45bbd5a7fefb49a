using ShoreGuard.Rollback.Engine.Databases.Sqlite.Container;
using static ShoreGuard.Rollback.FailureKind;

namespace ShoreGuard.Rollback.Engine;

internal static partial class Errors
{
    private const string UnderOpenApplication = "If it were replaced under an open application, every later write would be lost.";

    public static ShoreGuardException ContainerTransportNeedsDeployment(string shown) => Untouched(
        nameof(ContainerTransportNeedsDeployment), InvalidArgument, shown,
        $"{shown} cannot be reached through a container: a URL alone does not say through which.",
        "Give the deployment, from the pipeline or as -Deployment, or leave -Transport out.");

    public static ShoreGuardException ServerNotInContainer(string deployment, string shown) => Untouched(
        nameof(ServerNotInContainer), InvalidOperation, shown,
        $"The PostgreSQL server of {deployment} cannot be reached through a container: {shown} is not a container on one of its networks.",
        "Leave -Transport out, or use -Transport Direct.");

    public static ShoreGuardException ServerNotReachable(string deployment, string shown) => Untouched(
        nameof(ServerNotReachable), ResourceUnavailable, shown,
        $"The PostgreSQL server of {deployment} can be reached only from its container, by a loopback address or a socket: {shown}. "
            + "From here, the same address means another server.",
        "Run the command on the machine of the server, or, with a cmdlet that has -DatabaseUrl, give an address that works from here.");

    public static ShoreGuardException ServerAmbiguous(string deployment, string shown, string host, IReadOnlyList<string> containers) => Untouched(
        nameof(ServerAmbiguous), InvalidOperation, shown,
        $"Cannot determine which server has the database of {deployment}: the containers {string.Join(" and ", containers)} both have the name {host} on "
            + $"its networks ({shown}).",
        "Disconnect one of them from that network (docker network disconnect), or, with a cmdlet that has -DatabaseUrl, name the server by its address.");

    public static ShoreGuardException DatabaseNotDirect(string deployment, string shown, string why) => Untouched(
        nameof(DatabaseNotDirect), ResourceUnavailable, shown,
        $"The database of {deployment} cannot be reached directly from here: {why.TrimEnd('.')}.",
        "Leave -Transport out, or use -Transport Container to reach it through its container.");

    public static ShoreGuardException PythonMissing(string image, Exception inner) => Untouched(
        nameof(PythonMissing), ResourceUnavailable, image,
        $"{image} has no Python with the module sqlite3, which is needed to work on a database inside a container.",
        "Use an image of ShoreGuard, which has it. Or run the command where the database's file or server can be reached, with -Transport Direct.", inner);

    public static ShoreGuardException AgentLost(string container, Exception inner) => Make(
        nameof(AgentLost), ConnectionError, container,
        $"The helper process inside the container {container} ended: {Reason(inner)}.",
        "Check that the engine runs and has free memory (docker info), then run the same command again.", inner);

    public static ShoreGuardException AgentAnswerInvalid(string name) => Make(
        nameof(AgentAnswerInvalid), InvalidData, name,
        $"The helper process inside the container answered without a usable '{name}'.",
        "It runs on the Python of the application's image: check that the image is ShoreGuard's (Test-ShoreGuardIdentity). Where the database's file can be "
        + "reached from here, use -Transport Direct.");

    public static ShoreGuardException ContainerStarted(string deployment) => Untouched(
        nameof(DatabaseBusy), ResourceBusy, deployment,
        $"{deployment} was started or stopped while its database was copied out of it.",
        "Run the same command again when it no longer changes.");

    public static ShoreGuardException ContainerNotStopped(string deployment) => Make(
        nameof(DatabaseBusy), ResourceBusy, deployment,
        $"Somebody started {deployment}, which had been stopped for the restore.",
        "Make sure that nothing starts it, then run the same command again.");

    public static ShoreGuardException DatabaseHeldInside(string path, IReadOnlyList<string> neighbours, Exception inner) => Untouched(
        nameof(DatabaseBusy), ResourceBusy, path,
        $"The database {path} is in use{(neighbours.Count > 0 ? $"; these containers use the same volume: {string.Join(", ", neighbours)}" : "")}. "
            + $"{UnderOpenApplication}",
        "Stop the program that has it open, then run the same command again.", inner);

    /// <summary>What it means that something could not be done inside a container, while nothing has been changed.</summary>
    public static ShoreGuardException FromAgent(string path, string problem, Exception error) => problem switch
    {
        "folder" => DatabaseIsFolder(path),
        "missing" => DatabaseMissing(path, error),
        "empty" => DatabaseEmpty(path),
        "foreign" => DatabaseForeign(path, error.Message),
        "damaged" => DatabaseDamaged(path, error.Message, error),
        "denied" => DatabaseDenied(path, error),
        "full" => DiskFull($"the container's own layer beside {path}", null, null, error),
        "busy" => DatabaseLocked(path, error),
        _ => DatabaseUnreadable(path, error),
    };

    /// <summary>What it means that a step of a restore could not be done inside a container; the step and those before it are undone.</summary>
    public static ShoreGuardException FromAgentRestore(string path, IReadOnlyList<string> neighbours, string problem, Exception error) => problem switch
    {
        "busy" => DatabaseHeldInside(path, neighbours, error),
        "foreign" or "empty" or "damaged" => RestoreCopyDamaged(path, error.Message, error),
        "disturbed" => RestoreDisturbed(path, error.Message),
        "denied" => RestoreNotWritable(path, new UnauthorizedAccessException(error.Message)),
        _ => RestoreNotWritable(path, new IOException(error.Message)),
    };
}
