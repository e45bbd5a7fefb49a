using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Tests.InMemory;

namespace ShoreGuard.Rollback.Engine.Tests.Databases;

/// <summary>Whether a deployment's SQLite file is taken here, or through its container.</summary>
public sealed class SqliteTransportTests : IDisposable
{
    private readonly Scene _scene = new();

    public SqliteTransportTests() => _scene.Deploy("0.27.1");

    [Theory]
    [InlineData("Debian GNU/Linux 12", DatabaseTransport.Direct)]
    [InlineData("Docker Desktop", DatabaseTransport.Container)]
    public async Task One_that_a_virtual_machine_shares_is_taken_through_the_container(string system, DatabaseTransport transport)
    {
        _scene.World.EngineSystem = system;
        using var access = await OpenAsync(DatabaseTransport.Auto);
        Assert.Equal(transport, access.Database.Transport);
    }

    [Fact]
    public async Task One_that_a_virtual_machine_shares_is_not_taken_directly_even_if_asked_for()
    {
        _scene.World.EngineSystem = "Docker Desktop";
        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => OpenAsync(DatabaseTransport.Direct));
        Assert.Equal("DatabaseNotDirect", error.Id);
        Assert.Contains("virtual machine", error.Message, StringComparison.Ordinal);
    }

    private async Task<DatabaseAccess> OpenAsync(DatabaseTransport transport)
    {
        var deployment = await DeploymentCatalog.GetAsync(new MemoryEngine(_scene.World), Operator.Name, TestContext.Current.CancellationToken);
        var request = new DatabaseRequest { Deployment = deployment, Transport = transport, BaseFolder = _scene.World.Folder };
        return await DatabaseAccess.OpenAsync(request, SilentReporter.Instance, TestContext.Current.CancellationToken);
    }

    public void Dispose() => _scene.Dispose();
}
