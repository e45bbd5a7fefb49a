using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Data.Sqlite;

namespace ShoreGuard.Rollback.Engine.Tests.InMemory;

/// <summary>The application in a container that runs: it has migrated its SQLite file, and answers what ShoreGuard's probes ask.</summary>
internal sealed class MemoryApplication : IDisposable
{
    private readonly MemoryRelease _release;
    private readonly string _database;
    private readonly TcpListener _inside = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private TcpListener? _published;

    private MemoryApplication(MemoryRelease release, string database) => (_release, _database) = (release, database);

    /// <summary>Where it answers inside its container.</summary>
    public int Port => ((IPEndPoint)_inside.LocalEndpoint).Port;

    /// <summary>Starts it.</summary>
    /// <param name="release">Which it is.</param>
    /// <param name="database">Its SQLite file.</param>
    /// <param name="log">What it writes.</param>
    /// <returns>Null when it has ended at once.</returns>
    public static MemoryApplication? Start(MemoryRelease release, string database, ICollection<string> log)
    {
        using (var connection = Open(database, create: true))
        {
            if (release.Migrate(connection) is { } why)
            {
                log.Add(why);
                return null;
            }
        }
        if (release.Behaviour == Behaviour.CrashesAtStart)
        {
            log.Add("RuntimeError: it crashes at its start");
            return null;
        }
        var application = new MemoryApplication(release, database);
        application._inside.Start();
        _ = application.AcceptAsync(application._inside);
        return application;
    }

    /// <summary>Publishes it on a port of the host, or takes it from there.</summary>
    public void Publish(int? port)
    {
        if (port is null == _published is null)
            return;
        _published?.Dispose();
        _published = null;
        if (port is null)
            return;
        _published = Listen(port.Value);
        _ = AcceptAsync(_published);
    }

    // A process that is just being started here has the sockets of this one, closed or not, until it runs its own program (fork(2)).
    private static TcpListener Listen(int port)
    {
        for (var attempt = 0; ; attempt++)
        {
            var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Server.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
                listener.Start();
                return listener;
            }
            catch (SocketException) when (attempt < 20)
            {
                listener.Dispose();
                Thread.Sleep(50);
            }
        }
    }

    /// <summary>Registers a gateway, and answers when that is in the database.</summary>
    public void Register(string gateway)
    {
        using var connection = Open(_database);
        using var command = connection.CreateCommand();
        command.CommandText = "INSERT INTO gateways (name) VALUES ($name)";
        command.Parameters.AddWithValue("$name", gateway);
        command.ExecuteNonQuery();
    }

    /// <summary>Gives a gateway another name: there are as many rows as before.</summary>
    /// <returns>Whether there is one of the old name.</returns>
    public bool Rename(string gateway, string name)
    {
        using var connection = Open(_database);
        using var command = connection.CreateCommand();
        command.CommandText = "UPDATE gateways SET name = $name WHERE name = $gateway";
        command.Parameters.AddWithValue("$name", name);
        command.Parameters.AddWithValue("$gateway", gateway);
        return command.ExecuteNonQuery() > 0;
    }

    /// <summary>The gateways that are registered in a database.</summary>
    public static IReadOnlyList<string> GatewaysOf(string database)
    {
        if (!File.Exists(database))
            return [];
        using var connection = Open(database);
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT name FROM gateways";
        using var reader = command.ExecuteReader();
        var names = new List<string>();
        while (reader.Read())
            names.Add(reader.GetString(0));
        return names;
    }

    internal static SqliteConnection Open(string database, bool create = false)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = database,
            Mode = create ? SqliteOpenMode.ReadWriteCreate : SqliteOpenMode.ReadWrite,
            Pooling = false,
        }.ToString());
        connection.Open();
        return connection;
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (!_stop.IsCancellationRequested)
                _ = AnswerAsync(await listener.AcceptTcpClientAsync(_stop.Token));
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // It has ended, or is not published any more.
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                var stream = client.GetStream();
                while (await ReadRequestAsync(stream) is { } path)
                {
                    var (status, body) = Answer(path);
                    await stream.WriteAsync(
                        Encoding.ASCII.GetBytes(
                        $"HTTP/1.1 {status} X\r\nServer: uvicorn\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"),
                        _stop.Token);
                }
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The other end went away, or this one has ended.
        }
    }

    private async Task<string?> ReadRequestAsync(NetworkStream stream)
    {
        var (head, buffer) = (new StringBuilder(), new byte[4096]);
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            var read = await stream.ReadAsync(buffer, _stop.Token);
            if (read == 0)
                return null;
            head.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }
        return head.ToString().Split(' ') is [_, var path, ..] ? path.Split('?')[0] : null;
    }

    private (int Status, string Body) Answer(string path) => path switch
    {
        "/healthz" => (200, """{"status":"ok"}"""),
        "/version" => (200, _release.Identity),
        "/readyz" when _release.Behaviour == Behaviour.NeverReady =>
        (503, """{"status":"not ready","checks":{"database":"ok","gateway_service":"not initialised"}}"""),
        "/readyz" => (200, """{"status":"ready","checks":{"database":"ok","database_latency_ms":0.1,"gateway_service":"ok","gateways_total":0,"gateways_connected":0,"background_cleanup":"ok","background_cleanup_age_s":1.0}}"""),
        _ => (404, """{"detail":"Not Found"}"""),
    };

    public void Dispose()
    {
        _stop.Cancel();
        _inside.Dispose();
        _published?.Dispose();
    }
}
