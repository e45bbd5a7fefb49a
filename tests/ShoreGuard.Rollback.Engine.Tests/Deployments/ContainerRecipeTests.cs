using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Tests.Deployments;

public sealed class ContainerRecipeTests
{
    private const string Id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private static readonly Dictionary<string, string> NoOwners = [];

    private static readonly JsonObject Image = Object("""
        {"Config":{"Env":["PATH=/bin","SHOREGUARD_VERSION=0.28.0","LEVEL=info"],"Cmd":["serve"],"Entrypoint":["shoreguard"],
         "WorkingDir":"/app","User":"1000","StopSignal":"SIGTERM","Labels":{"org.opencontainers.image.version":"0.28.0","team":"a"},
         "ExposedPorts":{"8888/tcp":{}},"Volumes":{"/data":{}},"Healthcheck":{"Test":["CMD","ok"],"Interval":30000000000,"StartInterval":1000000000}}}
        """);

    [Fact]
    public void What_came_from_the_image_is_taken_out()
    {
        var body = Recipe(Image["Config"]!.DeepClone()).Body;
        Assert.Equal("new:1", body.Text("Image"));
        Assert.Empty(body.Texts("Env"));
        foreach (var name in (string[])["Cmd", "Entrypoint", "WorkingDir", "User", "StopSignal", "Healthcheck"])
            Assert.False(body.ContainsKey(name), name);
        Assert.Empty((JsonObject)body["Labels"]!);
        Assert.Empty((JsonObject)body["ExposedPorts"]!);
        Assert.Empty((JsonObject)body["Volumes"]!);
    }

    [Fact]
    public void The_labels_of_Compose_stay_although_an_image_that_it_has_built_has_them_too()
    {
        var image = (JsonObject)Image.DeepClone();
        image["Config"]!["Labels"]!["com.docker.compose.project"] = "prod";
        var config = image["Config"]!.DeepClone();
        AssertSame("{}", LabelsOf(config));
        config["Labels"]!["com.docker.compose.config-hash"] = "of the container";
        AssertSame("""{"com.docker.compose.project":"prod","com.docker.compose.config-hash":"of the container"}""", LabelsOf(config));

        JsonNode? LabelsOf(JsonNode config) =>
            ContainerRecipe.From(new(Container(config.DeepClone(), "{}", "[]", "{}")), new(image), "new:1", new HashSet<string>(),
                new Dictionary<string, string>(), NoOwners).Body["Labels"];
    }

    [Theory]
    [InlineData("""[{"HostIp":"","HostPort":""}]""", """[{"HostIp":"0.0.0.0","HostPort":"32771"},{"HostIp":"::","HostPort":"32771"}]""",
        """[{"HostIp":"","HostPort":"32771-60998"}]""")]
    [InlineData("""[{"HostIp":"","HostPort":""}]""", """[{"HostIp":"0.0.0.0","HostPort":"32768"}]""", """[{"HostIp":"","HostPort":"32768-60998"}]""")]
    [InlineData("""[{"HostIp":"127.0.0.1","HostPort":"0"}]""", """[{"HostIp":"127.0.0.1","HostPort":"61000"}]""",
        """[{"HostIp":"127.0.0.1","HostPort":"61000-65535"}]""")]
    [InlineData("""[{"HostIp":"","HostPort":"9000-9005"}]""", """[{"HostIp":"0.0.0.0","HostPort":"9002"}]""", """[{"HostIp":"","HostPort":"9002-9005"}]""")]
    [InlineData("""[{"HostIp":"","HostPort":"9002-9005"}]""", """[{"HostIp":"0.0.0.0","HostPort":"9002"}]""", """[{"HostIp":"","HostPort":"9002-9004"}]""")]
    [InlineData("""[{"HostIp":"","HostPort":"9000-9005"}]""", """[{"HostIp":"0.0.0.0","HostPort":"9005"}]""", """[{"HostIp":"","HostPort":"9000-9005"}]""",
        true)]
    [InlineData("""[{"HostIp":"","HostPort":""}]""", """[{"HostIp":"0.0.0.0","HostPort":"32771"},{"HostIp":"::","HostPort":"32772"}]""",
        """[{"HostIp":"","HostPort":""}]""", true)]
    [InlineData("""[{"HostIp":"","HostPort":"80"},{"HostIp":"","HostPort":""}]""",
        """[{"HostIp":"0.0.0.0","HostPort":"80"},{"HostIp":"0.0.0.0","HostPort":"32771"}]""",
        """[{"HostIp":"","HostPort":"80"},{"HostIp":"","HostPort":"32771-60998"}]""")]
    [InlineData("""[{"HostIp":"","HostPort":"80"}]""", """[{"HostIp":"0.0.0.0","HostPort":"80"}]""", """[{"HostIp":"","HostPort":"80"}]""")]
    [InlineData(null, """[{"HostIp":"0.0.0.0","HostPort":"32771"},{"HostIp":"::","HostPort":"32771"}]""", """[{"HostIp":"","HostPort":"32771-60998"}]""")]
    public void A_host_port_that_the_engine_chose_is_the_first_it_may_choose_again(string? wanted, string actual, string expected, bool isSaid = false)
    {
        var host = wanted is null ? """{"PublishAllPorts":true,"PortBindings":{}}""" : $$$"""{"PortBindings":{"8888/tcp":{{{wanted}}}}}""";
        var container = Container(new JsonObject(), host, "[]", "{}");
        container["NetworkSettings"]!["Ports"] = Object($$"""{"8888/tcp":{{actual}},"9999/tcp":null}""");
        var body = ContainerRecipe.From(new(container), new(Image), "new:1", new HashSet<string>(), new Dictionary<string, string>(), NoOwners).Body;
        AssertSame($$"""{"8888/tcp":{{expected}}}""", body.At("HostConfig", "PortBindings"));
        AssertSame("""{"8888/tcp":{}}""", body["ExposedPorts"]);
        Assert.Equal(isSaid ? 1 : 0, PublishedPorts.NotKept(new(container)).Count());
    }

    [Fact]
    public void Another_host_port_is_told()
    {
        JsonObject Published(string ports) => Object("""{"NetworkSettings":{"Ports":{"8888/tcp":PORTS}}}""".Replace("PORTS", ports, StringComparison.Ordinal));
        var before = Published("""[{"HostIp":"0.0.0.0","HostPort":"32771"}]""");
        Assert.Contains("is now published as 32773 (was 32771)",
            Assert.Single(PublishedPorts.Changes(new(before), new(Published("""[{"HostIp":"0.0.0.0","HostPort":"32773"}]""")))), StringComparison.Ordinal);
        Assert.Empty(PublishedPorts.Changes(new(before), new(before)));
        Assert.Empty(PublishedPorts.Changes(new(before), new(Published("null"))));
    }

    [Fact]
    public void A_target_is_the_same_however_it_is_written()
    {
        var mounts = """[{"Type":"volume","Name":"one","Destination":"/data/a","RW":true},{"Type":"volume","Name":"two","Destination":"/b","RW":true}]""";
        var host = Recipe(new JsonObject(), """{"Binds":["one:/data//a/"],"Mounts":[{"Type":"volume","Target":"/b/"}]}""", mounts).Body["HostConfig"];
        Assert.Equal(["one:/data//a/"], host.Texts("Binds"));
        AssertSame("""[{"Type":"volume","Target":"/b/","Source":"two"}]""", host.At("Mounts"));
    }

    [Fact]
    public void What_the_user_set_stays()
    {
        var config = Object("""
            {"Env":["PATH=/bin","LEVEL=debug","KEY=1","SHOREGUARD_VERSION=0.28.0"],"Cmd":["other"],"Entrypoint":["shoreguard"],"WorkingDir":"/w",
             "User":"0","StopSignal":"SIGINT","Labels":{"org.opencontainers.image.version":"0.28.0","team":"b","mine":"1"},
             "ExposedPorts":{"8888/tcp":{},"9/udp":{}},"Volumes":{"/data":{},"/more":{}},
             "Healthcheck":{"Test":["CMD","ok"],"Interval":5000000000,"StartInterval":1000000000}}
            """);
        var body = Recipe(config).Body;
        Assert.Equal(["LEVEL=debug", "KEY=1"], body.Texts("Env"));
        Assert.Equal(["other"], body.Texts("Cmd"));
        Assert.False(body.ContainsKey("Entrypoint"));
        Assert.Equal(("/w", "0", "SIGINT"), (body.Text("WorkingDir"), body.Text("User"), body.Text("StopSignal")));
        AssertSame("""{"team":"b","mine":"1"}""", body["Labels"]);
        AssertSame("""{"9/udp":{}}""", body["ExposedPorts"]);
        AssertSame("""{"/more":{}}""", body["Volumes"]);
        AssertSame("""{"Interval":5000000000}""", body["Healthcheck"]);
    }

    [Fact]
    public void A_command_under_the_users_own_entry_point_is_the_users()
    {
        var body = Recipe(Object("""{"Entrypoint":["sh"],"Cmd":["serve"]}""")).Body;
        Assert.Equal(["sh"], body.Texts("Entrypoint"));
        Assert.Equal(["serve"], body.Texts("Cmd"));
    }

    [Fact]
    public void An_entry_point_that_the_user_has_reset_stays_so()
    {
        var body = Recipe(Object("""{"Entrypoint":null,"Cmd":["sh"]}""")).Body;
        Assert.Equal([""], body.Texts("Entrypoint"));
        Assert.Equal(["sh"], body.Texts("Cmd"));
    }

    [Fact]
    public void The_images_entry_point_without_the_images_command_is_the_users() =>
        Assert.Equal(["shoreguard"], Recipe(Object("""{"Entrypoint":["shoreguard"],"Cmd":null}""")).Body.Texts("Entrypoint"));

    [Fact]
    public void The_engines_bridge_beside_another_network_stays_and_a_network_it_was_taken_off_is_left_again()
    {
        var both = Recipe(new JsonObject(), """{"NetworkMode":"front"}""", networks: """{"front":{},"bridge":{"Aliases":["x"]}}""");
        var (network, endpoint) = Assert.Single(both.FurtherNetworks);
        Assert.Equal("bridge", network);
        Assert.Empty(endpoint);
        Assert.Null(both.LeftNetwork);
        Assert.Equal("front", Recipe(new JsonObject(), """{"NetworkMode":"front"}""", networks: """{"back":{}}""").LeftNetwork);
        Assert.Equal("bridge", Recipe(new JsonObject(), """{"NetworkMode":"default"}""", networks: """{"back":{}}""").LeftNetwork);
    }

    [Fact]
    public void Namespaces_are_those_of_the_containers_that_are_there_now()
    {
        var container = Container(new JsonObject(), """{"NetworkMode":"container:old","PidMode":"container:other","IpcMode":"private"}""", "[]", "{}");
        var host = ContainerRecipe.From(new(container), new(Image), "new:1", new HashSet<string>(), new Dictionary<string, string>(),
            new Dictionary<string, string> { ["old"] = "new" }).Body["HostConfig"];
        AssertSame("""{"NetworkMode":"container:new","PidMode":"container:other","IpcMode":"private"}""", host);
    }

    [Fact]
    public void A_variable_that_the_compose_file_sets_stays_although_it_equals_the_images()
    {
        var body = Recipe(Image["Config"]!.DeepClone(), userVariables: ["LEVEL"]).Body;
        Assert.Equal(["LEVEL=info"], body.Texts("Env"));
    }

    [Fact]
    public void The_default_host_name_goes_and_a_chosen_one_stays()
    {
        Assert.False(Recipe(Object($$"""{"Hostname":"{{Id[..12]}}"}""")).Body.ContainsKey("Hostname"));
        Assert.Equal("guard", Recipe(Object("""{"Hostname":"guard"}""")).Body.Text("Hostname"));
        Assert.False(Recipe(Object("""{"Hostname":"guard","Domainname":"x"}"""), """{"NetworkMode":"container:abc"}""").Body.ContainsKey("Hostname"));
    }

    [Fact]
    public void Published_ports_stay_exposed() =>
        AssertSame("""{"8888/tcp":{}}""", Recipe(Image["Config"]!.DeepClone(), """{"PortBindings":{"8888/tcp":[{"HostPort":"1"}]}}""").Body["ExposedPorts"]);

    [Fact]
    public void Anonymous_volumes_are_carried_over_by_name()
    {
        var mounts = """
            [{"Type":"volume","Name":"anon","Destination":"/data","RW":true},{"Type":"volume","Name":"named","Destination":"/n","RW":true},
             {"Type":"volume","Name":"ro","Destination":"/r","RW":false},{"Type":"volume","Name":"long","Destination":"/l","RW":true},{"Type":"bind","Source":"/h","Destination":"/h"}]
            """;
        var host = Recipe(new JsonObject(), """{"Binds":["named:/n","/h:/h:ro"],"Mounts":[{"Type":"volume","Target":"/l","VolumeOptions":{"Subpath":"s"}}]}""",
            mounts).Body["HostConfig"];
        Assert.Equal(["named:/n", "/h:/h:ro", "anon:/data", "ro:/r:ro"], host.Texts("Binds"));
        AssertSame("""[{"Type":"volume","Target":"/l","VolumeOptions":{"Subpath":"s"},"Source":"long"}]""", host.At("Mounts"));
    }

    [Fact]
    public void Links_are_written_as_the_engine_wants_them() =>
        Assert.Equal(["db:database"], Recipe(new JsonObject(), """{"Links":["/db:/old/database"]}""").Body["HostConfig"].Texts("Links"));

    [Fact]
    public void Networks_keep_what_the_user_asked_for_and_lose_the_old_addresses()
    {
        var networks = $$$"""
            {"front":{"Aliases":["web","{{{Id[..12]}}}"],"IPAMConfig":{"IPv4Address":"10.9.0.5"},"IPAddress":"10.9.0.5","MacAddress":"02:42","EndpointID":"e","NetworkID":"n1"},
             "back":{"DriverOpts":{"a":"b"},"IPAddress":"10.8.0.2","NetworkID":"n2"}}
            """;
        var recipe = Recipe(new JsonObject(), """{"NetworkMode":"front"}""", networks: networks);
        AssertSame("""{"EndpointsConfig":{"front":{"IPAMConfig":{"IPv4Address":"10.9.0.5"},"Aliases":["web"]}}}""", recipe.Body["NetworkingConfig"]);
        var (network, endpoint) = Assert.Single(recipe.FurtherNetworks);
        Assert.Equal("back", network);
        AssertSame("""{"DriverOpts":{"a":"b"}}""", endpoint);
    }

    [Theory]
    [InlineData("host")]
    [InlineData("none")]
    [InlineData("container:abc")]
    [InlineData("default")]
    [InlineData("bridge")]
    public void The_engines_own_networks_take_no_configuration(string mode)
    {
        var recipe = Recipe(new JsonObject(), $$"""{"NetworkMode":"{{mode}}"}""", networks: """{"bridge":{"IPAddress":"172.17.0.2"}}""");
        Assert.False(recipe.Body.ContainsKey("NetworkingConfig"));
        Assert.Empty(recipe.FurtherNetworks);
    }

    [Fact]
    public void Fields_that_nobody_here_knows_are_passed_on()
    {
        var host = Recipe(new JsonObject(), """{"Annotations":{"a":"b"},"Tomorrow":[1]}""").Body["HostConfig"];
        AssertSame("""{"Annotations":{"a":"b"},"Tomorrow":[1]}""", host);
    }

    [Fact]
    public void The_old_description_is_not_changed()
    {
        var container = Container(Image["Config"]!.DeepClone(), "{}", "[]", "{}");
        var before = container.ToJsonString();
        ContainerRecipe.From(new(container), new(Image), "new:1", new HashSet<string>(), new Dictionary<string, string> { ["a"] = "b" }, NoOwners);
        Assert.Equal(before, container.ToJsonString());
    }

    private static ContainerRecipe Recipe(JsonNode config, string host = "{}", string mounts = "[]", string networks = "{}", string[]? userVariables = null) =>
        ContainerRecipe.From(
            new(Container(config, host, mounts, networks)), new(Image), "new:1", (userVariables ?? []).ToHashSet(), new Dictionary<string, string>(), NoOwners);

    private static JsonObject Container(JsonNode config, string host, string mounts, string networks) => new()
    {
        ["Id"] = Id,
        ["Config"] = config,
        ["HostConfig"] = JsonNode.Parse(host),
        ["Mounts"] = JsonNode.Parse(mounts),
        ["NetworkSettings"] = new JsonObject { ["Networks"] = JsonNode.Parse(networks) },
    };

    private static JsonObject Object(string json) => (JsonObject)JsonNode.Parse(json)!;

    private static void AssertSame(string expected, JsonNode? actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), $"expected {expected}, was {actual?.ToJsonString()}");
}
