using ShoreGuard.Rollback.Engine.Databases.Sqlite.Container;
using static ShoreGuard.Rollback.FailureKind;

namespace ShoreGuard.Rollback.Engine;

internal static partial class Errors
{
    public static ShoreGuardException ContainerTransportNeedsDeployment(string shown) => Make(
        "ContainerTransportNeedsDeployment", InvalidArgument, shown,
        $"{shown} is named by its URL alone, so there is no container through which it could be reached. Nothing was changed.",
        "Give the deployment (Get-ShoreGuardDeployment, piped in or as -Deployment), or leave -Transport out.");

    public static ShoreGuardException ServerNotInContainer(string deployment, string shown) => Make(
        "ServerNotInContainer", InvalidOperation, shown,
        $"The PostgreSQL server of {deployment} is no container on one of its networks, so it cannot be reached through one: {shown}. Nothing was changed.",
        "Leave -Transport out, or use -Transport Direct.");

    public static ShoreGuardException ServerNotReachable(string deployment, string shown) => Make(
        "ServerNotReachable", ResourceUnavailable, shown,
        $"The PostgreSQL server of {deployment} is where that container alone gets to, by a loopback or a socket: {shown}. From here the same address would be another server. Nothing was changed.",
        "Run this on the machine on which the server is, or, with a cmdlet that has -DatabaseUrl, name the server as it is reached from here.");

    public static ShoreGuardException ServerAmbiguous(string deployment, string shown, string host, IReadOnlyList<string> containers) => Make(
        "ServerAmbiguous", InvalidOperation, shown,
        $"The containers {string.Join(" and ", containers)} both answer to the name {host} on the networks of {deployment}, so nobody can say which of them has its database: {shown}. Nothing was changed.",
        "Take one of them off that network (docker network disconnect), or, with a cmdlet that has -DatabaseUrl, name the server by an address.");

    public static ShoreGuardException DatabaseNotDirect(string deployment, string shown, string why) => Make(
        "DatabaseNotDirect", ResourceUnavailable, shown,
        $"The database of {deployment} cannot be reached directly from here: {why.TrimEnd('.')}. Nothing was changed.",
        "Leave -Transport out, or use -Transport Container, so that it is reached through its container.");

    public static ShoreGuardException PythonMissing(string image, Exception inner) => Make(
        "PythonMissing", ResourceUnavailable, image,
        $"There is no Python with its module sqlite3 in {image}, which is what works on a database inside a container. Nothing was changed.",
        "Use an image of ShoreGuard, which has it; or run this where the database's file or server can be reached, with -Transport Direct.", inner);

    public static ShoreGuardException AgentLost(string container, Exception inner) => Make(
        "AgentLost", ConnectionError, container,
        $"The program that worked on the database inside container {container} has ended: {Reason(inner)}.",
        "Check that the engine runs and has memory to spare (docker info), then run the same command again.", inner);

    public static ShoreGuardException ContainerStarted(string deployment) => Make(
        "DatabaseBusy", ResourceBusy, deployment,
        $"{deployment} was started or stopped while its database was copied out of it. Nothing was changed.",
        "Run the same command again when it stays as it is.");

    public static ShoreGuardException ContainerNotStopped(string deployment) => Make(
        "DatabaseBusy", ResourceBusy, deployment,
        $"{deployment} runs, although it was stopped for the restore: somebody has started it. The database is as it was before.",
        "Keep it from being started, then run the same command again.");

    public static ShoreGuardException DatabaseHeldInside(string path, IReadOnlyList<string> neighbours, Exception inner) => Make(
        "DatabaseBusy", ResourceBusy, path,
        $"The database {path} is in use{(neighbours.Count > 0 ? $"; these containers use the same volume: {string.Join(", ", neighbours)}" : "")}; replaced under an open application, every later write would be lost. Nothing was changed.",
        "Stop whatever has it open, then run the same command again.", inner);

    /// <summary>What it means that something could not be done inside a container, while nothing has been changed.</summary>
    public static ShoreGuardException FromAgent(string path, SqliteAgentException error) => error.Problem switch
    {
        "folder" => DatabaseIsFolder(path),
        "missing" => DatabaseMissing(path, error),
        "empty" => DatabaseEmpty(path),
        "foreign" => DatabaseForeign(path, error.Message),
        "damaged" => DatabaseDamaged(path, error.Message, error),
        "denied" => DatabaseDenied(path, error),
        "full" => DiskFull($"the container's own layer beside {path}", null, null, error),
        "busy" => Make("DatabaseBusy", ResourceBusy, path,
            $"The database {path} is locked by another program, and stayed so for ten seconds. No backup was made, and nothing was changed.",
            "Wait until the other program (a migration, a backup) has ended, then run the same command again.", error),
        _ => DatabaseUnreadable(path, error),
    };

    /// <summary>What it means that a step of a restore could not be done inside a container; the step and those before it are undone.</summary>
    public static ShoreGuardException FromAgentRestore(string path, IReadOnlyList<string> neighbours, SqliteAgentException error) => error.Problem switch
    {
        "busy" => DatabaseHeldInside(path, neighbours, error),
        "foreign" or "empty" or "damaged" => RestoreCopyDamaged(path, error.Message, error),
        "disturbed" => RestoreDisturbed(path, error.Message),
        "denied" => RestoreNotWritable(path, new UnauthorizedAccessException(error.Message)),
        _ => RestoreNotWritable(path, new IOException(error.Message)),
    };
}
