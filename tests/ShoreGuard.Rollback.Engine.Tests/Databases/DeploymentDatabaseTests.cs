using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Tests.Databases;

public class DeploymentDatabaseTests
{
    [Fact]
    public void The_default_is_the_file_in_the_home_folder_reached_through_its_volume()
    {
        var location = DeploymentDatabase.Locate(Container([], Mount("volume", "/var/lib/docker/volumes/data/_data", "/home/shoreguard/.config/shoreguard")));
        Assert.Equal(DatabaseKind.Sqlite, location.Kind);
        Assert.Equal("sqlite:////home/shoreguard/.config/shoreguard/shoreguard.db", location.Url);
        Assert.Equal("/var/lib/docker/volumes/data/_data/shoreguard.db", location.HostPath);
    }

    [Fact]
    public void The_configuration_folder_counts_before_the_home_folder() =>
        Assert.Equal("sqlite:////config/shoreguard/shoreguard.db", DeploymentDatabase.Locate(Container(["HOME=/root", "XDG_CONFIG_HOME=/config"])).Url);

    [Fact]
    public void The_longest_mount_wins()
    {
        var location = DeploymentDatabase.Locate(Container(["SHOREGUARD_DATABASE_URL=sqlite:////data/db/x.db"],
            Mount("bind", "/srv/data", "/data"), Mount("bind", "/fast/db", "/data/db/"), Mount("bind", "/wrong", "/data/d")));
        Assert.Equal("/fast/db/x.db", location.HostPath);
    }

    [Fact]
    public void A_relative_path_belongs_to_the_working_folder() =>
        Assert.Equal(
            "/srv/rel.db", DeploymentDatabase.Locate(Container(["SHOREGUARD_DATABASE_URL=sqlite:///./rel.db"], Mount("bind", "/srv", "/app"))).HostPath);

    [Fact]
    public void A_file_mounted_by_itself_is_found() =>
        Assert.Equal("/srv/my.db",
            DeploymentDatabase.Locate(Container(["SHOREGUARD_DATABASE_URL=sqlite:////data/x.db"], Mount("bind", "/srv/my.db", "/data/x.db"))).HostPath);

    [Fact]
    public void Without_a_mount_there_is_no_path_on_the_host() =>
        Assert.Null(DeploymentDatabase.Locate(Container([], Mount("tmpfs", "", "/home/shoreguard"))).HostPath);

    [Fact]
    public void A_file_outlives_its_container_where_its_folder_is_mounted()
    {
        Assert.Equal(SqlitePlace.Folder, DeploymentDatabase.PlaceOf(Container([], Mount("volume", "/v", "/home/shoreguard/.config"))));
        Assert.Equal(SqlitePlace.Folder, DeploymentDatabase.PlaceOf(Container([], Mount("tmpfs", "", "/home"), Mount("volume", "/v", "/home/shoreguard"))));
        Assert.Equal(SqlitePlace.Layer, DeploymentDatabase.PlaceOf(Container([], Mount("volume", "/v", "/elsewhere"))));
        Assert.Equal(SqlitePlace.MountedAlone,
            DeploymentDatabase.PlaceOf(
            Container([], Mount("bind", "/srv", "/home"), Mount("bind", "/srv/my.db", "/home/shoreguard/.config/shoreguard/shoreguard.db"))));
        Assert.Null(DeploymentDatabase.PlaceOf(Container(["SHOREGUARD_DATABASE_URL=postgresql://db/x"])));
    }

    [Fact]
    public void A_file_in_memory_is_told_whichever_way_the_memory_was_mounted()
    {
        var option = Container([], Mount("volume", "/v", "/home"));
        option.Json["HostConfig"] = new JsonObject { ["Tmpfs"] = new JsonObject { ["/home/shoreguard/"] = "size=1m" } };
        foreach (var container in (ContainerView[])[option, Container([], Mount("tmpfs", "", "/home/shoreguard"))])
        {
            Assert.Equal(SqlitePlace.Memory, DeploymentDatabase.PlaceOf(container));
            Assert.Null(DeploymentDatabase.Locate(container).HostPath);
        }
    }

    [Fact]
    public void A_password_is_never_shown()
    {
        var location = DeploymentDatabase.Locate(Container(["SHOREGUARD_DATABASE_URL=postgresql+psycopg://shoreguard:s3cret@db:5432/shoreguard"]));
        Assert.Equal((DatabaseKind.Postgres, "postgresql+psycopg://shoreguard:***@db:5432/shoreguard"), (location.Kind, location.Url));
    }

    [Fact]
    public void A_url_that_cannot_be_read_is_listed_without_its_password() =>
        Assert.Equal("mysql://u:***@h/d", DeploymentDatabase.Locate(Container(["SHOREGUARD_DATABASE_URL=mysql://u:s3cret@h/d"])).Url);

    private static JsonObject Mount(string type, string source, string destination) =>
        new() { ["Type"] = type, ["Source"] = source, ["Destination"] = destination };

    private static ContainerView Container(string[] environment, params JsonNode[] mounts) => new(new()
    {
        ["Config"] = new JsonObject { ["Env"] = new JsonArray([.. environment.Select(entry => JsonValue.Create(entry))]), ["WorkingDir"] = "/app" },
        ["Mounts"] = new JsonArray(mounts),
    });
}
