using System.Text;
using ShoreGuard.Rollback.Engine.Deployments.Compose;

namespace ShoreGuard.Rollback.Engine.Tests.Deployments;

public sealed class ComposePinTests : IDisposable
{
    private const string Target = "ghcr.io/a/b:0.27.0@sha256:0000000000000000000000000000000000000000000000000000000000000000";
    private readonly string _folder = Directory.CreateTempSubdirectory("sgpin-").FullName;

    [Theory]
    [InlineData("services:\n  app:\n    image: ghcr.io/a/b:0.28.0\n", "services:\n  app:\n    image: NEW\n")]
    [InlineData("services:\r\n  app:   # ours\r\n    image: \"ghcr.io/a/b:0.28.0\"   # why\r\n    ports: [1]",
        "services:\r\n  app:   # ours\r\n    image: \"NEW\"   # why\r\n    ports: [1]")]
    [InlineData("# grün 😀\nservices: {app: {image: 'ghcr.io/a/b:0.28.0', ports: [1]}}", "# grün 😀\nservices: {app: {image: 'NEW', ports: [1]}}")]
    [InlineData("\uFEFFservices:\n  app:\n    ports: [1]\n    image:    ghcr.io/a/b   \n", "\uFEFFservices:\n  app:\n    ports: [1]\n    image:    NEW   \n")]
    [InlineData("x: &x\n  restart: always\nservices:\n  app:\n    <<: *x\n    image: ghcr.io/a/b:0.28.0\n  other:\n    image: ghcr.io/a/b:0.28.0\n", "x: &x\n  "
        + "restart: always\nservices:\n  app:\n    <<: *x\n    image: NEW\n  other:\n    image: ghcr.io/a/b:0.28.0\n")]
    [InlineData("services:\n  app:\n    image: one\n---\nservices:\n  app:\n    image: two\n",
        "services:\n  app:\n    image: one\n---\nservices:\n  app:\n    image: NEW\n")]
    [InlineData("services:\n  app:\n    image: ${VERSION:+latest}\n", "services:\n  app:\n    image: NEW\n")]
    [InlineData("services:\n    app:\n        restart: always\n        build: .\n        ports: [1]\n",
        "services:\n    app:\n        restart: always\n        image: NEW\n        build: .\n        ports: [1]\n")]
    [InlineData("services:\r\n  app:\r\n    build:   # ours\r\n      context: .\r\n",
        "services:\r\n  app:\r\n    image: NEW\r\n    build:   # ours\r\n      context: .\r\n")]
    [InlineData("services: {app: {restart: always, build: .}}", "services: {app: {restart: always, image: NEW, build: .}}")]
    public void In_the_Compose_file_nothing_but_the_image_is_different(string before, string after)
    {
        var path = Write("compose.yml", before);
        var pin = Find(Deployment(path));
        Assert.Null(pin.Variable);
        Assert.False(pin.IsWritten());
        Pin? record;
        using (var prepared = PreparedPin.Prepare(pin))
        {
            record = prepared.Record;
            prepared.Commit();
        }
        Assert.Equal(after.Replace("NEW", Target, StringComparison.Ordinal), Encoding.UTF8.GetString(File.ReadAllBytes(path)));
        Assert.True(pin.IsWritten());
        Assert.Equal([path], Directory.GetFiles(_folder));

        // And it can be taken back by whoever has nothing but what the journal says.
        ComposePin.TakeBack(Deployment(path), record!, existed: true);
        Assert.Equal(before, Encoding.UTF8.GetString(File.ReadAllBytes(path)));
        ComposePin.TakeBack(Deployment(path), record!, existed: true);
        Assert.Equal(before, Encoding.UTF8.GetString(File.ReadAllBytes(path)));
    }

    [Theory]
    [InlineData("x: &i ghcr.io/a/b:0.28.0\nservices:\n  app:\n    image: *i\n", "alias")]
    [InlineData("services:\n  app:\n    image: &i ghcr.io/a/b:0.28.0\n  other:\n    image: *i\n", "anchor &i")]
    [InlineData("services:\n  app: &a\n    image: ghcr.io/a/b:0.28.0\n  other: *a\n", "anchor &a")]
    [InlineData("x: &a\n  image: ghcr.io/a/b:0.28.0\nservices:\n  app: *a\n", "alias")]
    [InlineData("x: &a\n  image: ghcr.io/a/b:0.28.0\nservices:\n  app:\n    <<: *a\n", "merge key")]
    [InlineData("x: &a\n  image: ghcr.io/a/b:0.28.0\nservices:\n  app:\n    <<: [*a]\n", "merge key")]
    [InlineData("x: &a\n  build: .\nservices:\n  app:\n    <<: *a\n", "merge key")]
    [InlineData("services:\n  base:\n    image: ghcr.io/a/b:0.28.0\n  app:\n    extends: base\n", "extends")]
    [InlineData("services:\n  base:\n    build: .\n  app:\n    extends: {service: base}\n", "extends")]
    [InlineData("services:\n  app:\n    image: >-\n      ghcr.io/a/b:0.28.0\n", "block of lines")]
    [InlineData("services:\n  app:\n    image: !override ghcr.io/a/b:0.28.0\n", "tag")]
    public void What_is_not_a_plain_text_of_the_service_is_refused(string text, string reason)
    {
        var error = Assert.Throws<ShoreGuardException>(() => Find(Deployment(Write("compose.yml", text))));
        Assert.Equal("ComposeImageNotEditable", error.Id);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("services:\n  app:\n    image: ghcr.io/a/b:${VERSION:-latest}\n")]
    [InlineData("x: &i ghcr.io/a/b:${VERSION}\nservices:\n  app:\n    image: *i\n")]
    [InlineData("x: &a\n  image: ghcr.io/a/b:${VERSION}\nservices:\n  app:\n    <<: *a\n")]
    [InlineData("services:\n  base:\n    image: ghcr.io/a/b:${VERSION}\n  app:\n    extends: base\n")]
    [InlineData("services:\n  app:\n    image: ${REPO}/b:${VERSION}\n")]
    public void Where_a_variable_decides_it_is_set_wherever_the_image_comes_from(string text)
    {
        Write(".env", "REPO=ghcr.io/a\n");
        var pin = Find(Deployment(Write("compose.yml", text)));
        Assert.Equal(
            ("VERSION", Path.Combine(_folder, ".env"), Target[(Target.IndexOf(':', StringComparison.Ordinal) + 1)..]), (pin.Variable, pin.Path, pin.NewValue));
    }

    [Theory]
    [InlineData("  ui:\n    image: ghcr.io/a/ui:${VERSION}\n", "services.ui.image")]
    [InlineData("  ui:\n    image: x\n    environment: [VERSION]\n", "services.ui.environment")]
    [InlineData("    container_name: app-${VERSION}\n", "container_name")]
    [InlineData("    ports: ['${PORT:-8${VERSION}}:1']\n", "ports")]
    [InlineData("volumes:\n  data:\n    name: data-$VERSION\n", "volumes.data")]
    [InlineData("name: p-${VERSION}\n", "name")]
    [InlineData("    networks:\n      lan: {aliases: ['a-${FULL}']}\n", "networks")]
    public void A_variable_that_decides_more_than_the_image_is_left_alone(string more, string where)
    {
        Write(".env", "VERSION=0.28.0\nFULL=v${VERSION}\n");
        var deployment = Deployment(Write("compose.yml", "services:\n  app:\n    image: ghcr.io/a/b:${VERSION}\n" + more));
        var pin = Find(deployment);
        Assert.Null(pin.Variable);
        Assert.Contains($"also used in {where}:", Assert.Single(pin.Warnings), StringComparison.Ordinal);
        Assert.Equal((Target, Target), (pin.NewValue, pin.Image));
        Assert.Equal("PinImpossible", Refusal(() => Find(deployment, PinTarget.Env)));
    }

    [Theory]
    [InlineData("    environment: {RELEASE: 'v-${VERSION}'}\n")]
    [InlineData("    environment: [VERSION]\n")]
    [InlineData("    environment:\n      VERSION:\n")]
    [InlineData("    labels: ['r=${FULL}']\n")]
    [InlineData("    env_file: .env\n")]
    [InlineData("    env_file: [{path: ./.env}]\n")]
    [InlineData("    extends: base\n  base:\n    environment: {R: $VERSION}\n")]
    public void A_variable_that_the_container_is_given_gets_the_tag_alone(string more)
    {
        Write(".env", "VERSION=0.28.0\nFULL=v${VERSION}\n");
        var pin = Find(Deployment(Write("compose.yml", "services:\n  app:\n    image: ghcr.io/a/b:${VERSION}\n" + more)));
        Assert.Equal(("VERSION", "0.27.0", "ghcr.io/a/b:0.27.0"), (pin.Variable, pin.NewValue, pin.Image));
        Assert.Contains("without its digest", Assert.Single(pin.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("  worker:\n    image: ghcr.io/a/b:${VERSION}\n")]
    [InlineData("x-note: ${VERSION}\n")]
    [InlineData("    env_file: other.env\n")]
    [InlineData("    environment: {VERSION: one, OTHER: $$VERSION}\n    env_file: .env\n")]
    public void A_variable_that_decides_nothing_else_gets_the_digest(string more)
    {
        Write(".env", "VERSION=0.28.0\n");
        var pin = Find(Deployment(Write("compose.yml", "services:\n  app:\n    image: ghcr.io/a/b:${VERSION}\n" + more)));
        Assert.Equal(("VERSION", Target), (pin.Variable, pin.Image));
        Assert.Empty(pin.Warnings);
    }

    // Whoever resumes a rollback need not have the Compose file.
    [Fact]
    public void Nothing_is_left_beside_a_file_of_another_machine() =>
        PreparedPin.RemoveLeftOvers(Deployment(Path.Combine(Path.GetTempPath(), $"shoreguard-test-{Guid.NewGuid():n}", "compose.yml")));

    [Fact]
    public void A_pin_where_the_files_do_not_give_what_runs_proves_nothing()
    {
        var compose = Write("compose.yml", "services:\n  app:\n    image: ghcr.io/a/b:${VERSION}\n");
        Assert.Equal("PinNotDecisive", Refusal(() => Find(Deployment(compose)).Doubt(Deployment(compose))!));
        Write(".env", "VERSION=0.29.0\n");
        Assert.Contains("'ghcr.io/a/b:0.29.0' and not ghcr.io/a/b:0.28.0", Find(Deployment(compose)).Doubt(Deployment(compose)), StringComparison.Ordinal);
        Write(".env", "VERSION=0.28.0\n");
        Assert.Null(Find(Deployment(compose)).Doubt(Deployment(compose)));
        Write(".env", "VERSION=0.28.0@sha256:0000000000000000000000000000000000000000000000000000000000000000\n");
        Assert.Null(Find(Deployment(compose)).Doubt(Deployment(compose)));
    }

    [Fact]
    public void The_environment_file_of_an_outer_folder_that_names_the_project_counts()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "a", "stack"));
        var compose = Write("a/stack/compose.yml", "services:\n  app:\n    image: ghcr.io/a/b:${VERSION}\n");
        var deployment = Deployment(compose) with { ComposeDirectory = Path.Combine(_folder, "a", "stack") };
        Write(".env", "COMPOSE_FILE=a/other.yml\nVERSION=1\n");
        Write("a/stack/.env", "VERSION=2\n");
        Assert.Equal(Path.Combine(_folder, "a", "stack", ".env"), Find(deployment).Path);
        Write(".env", "COMPOSE_FILE=./a/stack/compose.yml\nVERSION=0.28.0\n");
        Assert.Equal(Path.Combine(_folder, ".env"), Find(deployment).Path);
        Assert.Null(Find(deployment).Doubt(deployment));
    }

    [Fact]
    public void A_Compose_file_from_standard_input_is_said()
    {
        var error = Assert.Throws<ShoreGuardException>(() => Find(Deployment(Path.Combine(_folder, "-"))));
        Assert.Contains("standard input", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_files_say_of_copies_addresses_and_the_deploying_shell()
    {
        Write(".env", "KNOWN=1\nMAC=02:42:0a:00:00:02\n");
        var compose = Write("compose.yml", """
            services:
              app:
                image: x
                environment: {TOKEN: "t-${SHELL_TOKEN:?}-x", OWN: "${KNOWN}", TWO: "${A}${B}", PLAIN: "${SHELL_PLAIN}"}
                secrets: [one, {source: two, target: other}, mounted]
                configs: [{source: text, target: /etc/text}, plain]
                mac_address: 02:42:0A:00:00:01
                networks: {a: {mac_address: "${MAC}"}, b: }
            secrets: {one: {environment: X}, two: {environment: Y}, mounted: {file: ./f}}
            configs: {text: {content: t}, plain: {content: p}}
            """);
        var project = ComposeProject.Read(Deployment(compose));
        Assert.Equal(["/run/secrets/one", "/run/secrets/other", "/etc/text", "/plain"], project.CopiedFiles());
        Assert.Equal(["02:42:0a:00:00:02", "02:42:0A:00:00:01"], project.MacAddresses());
        var container = (System.Text.Json.Nodes.JsonObject)System.Text.Json.Nodes.JsonNode.Parse(
            """{"Config":{"Env":["TOKEN=t-secret-x","OWN=2","TWO=ab","PLAIN=y"]}}""")!;
        Assert.Equal(
            ["SHELL_PLAIN=y", "SHELL_TOKEN=secret"], project.VariablesOf(new(container), []).Select(variable => $"{variable.Key}={variable.Value}").Order());
    }

    [Fact]
    public void A_later_Compose_file_beats_an_earlier_one()
    {
        var (one, two) = (Write("one.yml", "services:\n  app:\n    image: ghcr.io/a/b:${VERSION}\n"),
            Write("two.yml", "services:\n  app:\n    image: ghcr.io/a/b:0.28.0\n"));
        var three = Write("three.yml", "services:\n  app:\n    ports: [1]\n");
        Assert.Equal(two, Find(Deployment(one, two, three)).Path);
        Assert.Equal(Path.Combine(_folder, ".env"), Find(Deployment(two, one, three)).Path);
        File.WriteAllText(three, "services:\n  app:\n    image: !reset null\n    build: .\n");
        Assert.Equal(three, Find(Deployment(one, two, three)).Path);
    }

    [Fact]
    public void Of_several_environment_files_the_one_that_counts_is_taken()
    {
        var compose = Write("compose.yml", "services:\n  app:\n    image: ghcr.io/a/b:${VERSION}\n");
        var (one, two) = (Write("one.env", "VERSION=1\n"), Write("two.env", "OTHER=1\n"));
        Assert.Equal(one, Find(Deployment(compose) with { EnvironmentFiles = [one, two] }).Path);
        File.WriteAllText(two, "VERSION=2\n");
        Assert.Equal(two, Find(Deployment(compose) with { EnvironmentFiles = [one, two] }).Path);
        Assert.Equal(two, Find(Deployment(compose) with { EnvironmentFiles = [two] }).Path);
    }

    [Fact]
    public void What_was_asked_for_and_cannot_be_is_refused()
    {
        var deployment = Deployment(Write("compose.yml", "services:\n  app:\n    image: ghcr.io/a/b:0.28.0\n"));
        Assert.Equal("PinImpossible", Refusal(() => Find(deployment, PinTarget.Env)));
        Assert.Equal("PinImpossible", Refusal(() => Find(deployment with { ComposeFiles = [] }, PinTarget.ComposeFile)));
        Assert.Null(ComposePin.Find(deployment with { ComposeFiles = [] }, ImageReference.Parse(Target), PinTarget.Auto, false, out var obstacle));
        Assert.Contains("not made by Compose", obstacle, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("services:\n  app:\n    build: .\n", "ComposeServiceBuilt")]
    [InlineData("services:\n  app:\n    ports: [1]\n", "ComposeServiceEmpty")]
    [InlineData("services:\n  other:\n    image: x\n", "ComposeServiceMissing")]
    [InlineData("include: [other.yml]\nservices:\n  other:\n    image: x\n", "ComposeServiceIncluded")]
    [InlineData("services: [", "ComposeFileUnreadable")]
    [InlineData("text", "ComposeFileUnreadable")]
    public void A_service_without_an_image_is_refused(string text, string id) =>
        Assert.Equal(
            id, Refusal(() => ComposePin.Find(Deployment(Write("compose.yml", text)), ImageReference.Parse(Target), PinTarget.Auto, isNamed: false, out _)!));

    [Theory]
    [InlineData("include: [parts/app.yml]")]
    [InlineData("include:\n  - path: ['${PARTS:-parts}/app.yml']\n    project_directory: .")]
    [InlineData("include:\n  - path: parts/first.yml")]
    public void A_service_in_an_included_file_is_pinned_by_its_variable_and_not_in_that_file(string include)
    {
        Directory.CreateDirectory(Path.Combine(_folder, "parts"));
        // One that includes the other, and itself.
        Write("parts/first.yml", "include: [app.yml, first.yml]\nservices:\n  more:\n    image: x\n");
        Write("parts/app.yml", "services:\n  app:\n    image: ghcr.io/flohofstetter/shoreguard:${SHOREGUARD_VERSION:-0.28.0}\n");
        var deployment = Deployment(Write("compose.yml", $"{include}\nservices:\n  other:\n    image: y\n"));
        var pin = ComposePin.Find(deployment, ImageReference.Parse("ghcr.io/flohofstetter/shoreguard:0.27.0"), PinTarget.Auto, isNamed: false, out _)!;
        Assert.Equal((Path.Combine(_folder, ".env"), "SHOREGUARD_VERSION", "0.27.0"), (pin.Path, pin.Variable, pin.NewValue));
        Assert.Equal("ComposeImageNotEditable",
            Refusal(() =>
            ComposePin.Find(deployment, ImageReference.Parse("ghcr.io/flohofstetter/shoreguard:0.27.0"), PinTarget.ComposeFile, isNamed: false, out _)!));
    }

    [Theory]
    [InlineData(Target, "fail because of the digest")]
    [InlineData("ghcr.io/a/b:0.27.0", "run it as ghcr.io/a/b:0.27.0")]
    public void A_build_beside_the_image_is_warned_of(string target, string consequence)
    {
        var deployment = Deployment(Write("compose.yml", "services:\n  app:\n    build: .\n    image: ghcr.io/a/b:${VERSION}\n"));
        var pin = ComposePin.Find(deployment, ImageReference.Parse(target), PinTarget.Auto, isNamed: false, out _)!;
        Assert.Contains(consequence, Assert.Single(pin.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_put_back_byte_for_byte_with_its_mode()
    {
        var path = Write("compose.yml", "services:\r\n  app:\r\n    image: ghcr.io/a/b:0.28.0 # x\r\n");
        var before = File.ReadAllBytes(path);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        using var prepared = PreparedPin.Prepare(Find(Deployment(path)));
        Assert.Equal(before, File.ReadAllBytes(path));
        prepared.Undo();
        prepared.Commit();
        Assert.NotEqual(before, File.ReadAllBytes(path));
        prepared.Undo();
        Assert.Equal(before, File.ReadAllBytes(path));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(path));
    }

    [Fact]
    public void A_file_that_was_not_there_is_gone_again()
    {
        using var prepared = PreparedPin.Prepare(Find(Deployment(Write("compose.yml", "services:\n  app:\n    image: ghcr.io/a/b:${VERSION}\n"))));
        prepared.Commit();
        Assert.True(File.Exists(Path.Combine(_folder, ".env")));
        prepared.Undo();
        Assert.False(File.Exists(Path.Combine(_folder, ".env")));
    }

    [Fact]
    public void What_somebody_else_has_written_meanwhile_is_left_alone()
    {
        var path = Write("compose.yml", "services:\n  app:\n    image: ghcr.io/a/b:0.28.0\n");
        using var prepared = PreparedPin.Prepare(Find(Deployment(path)));
        File.AppendAllText(path, "# mine\n");
        Assert.Equal("PinFileChanged", Assert.Throws<ShoreGuardException>(prepared.Commit).Id);
        Assert.EndsWith("# mine\n", File.ReadAllText(path), StringComparison.Ordinal);
    }

    [Fact]
    public void The_variables_of_the_user_are_known_without_Compose()
    {
        Write("a.env", "A1=1\n# NO=1\nexport A2\n");
        Write("b.env", "B1=1\n");
        Directory.CreateDirectory(Path.Combine(_folder, "sub"));
        File.WriteAllText(Path.Combine(_folder, "sub", "base.yml"), "services:\n  base:\n    environment: [E1=1, E2]\n    env_file: c.env\n");
        File.WriteAllText(Path.Combine(_folder, "sub", "c.env"), "C1=1\n");
        var one = Write("one.yml",
            "x: &e\n  M1: 1\nservices:\n  app:\n    image: x\n    extends: {file: sub/base.yml, service: base}\n    environment:\n      <<: *e\n      N1: "
            + "${X}\n      N2:\n    env_file: a.env\n");
        var two = Write("two.yml",
            "services:\n  app:\n    environment:\n    - L1=a=b\n    - L2\n    env_file:\n    - path: ${WHERE:-.}/b.env\n      required: true\n    - {path: "
            + "none.env, required: false}\n");
        Assert.Equal(["A1", "A2", "B1", "C1", "E1", "E2", "L1", "L2", "M1", "N1", "N2"], ComposeProject.Read(Deployment(one, two)).UserVariables().Order());
    }

    private static ComposePin Find(Deployment deployment, PinTarget wanted = PinTarget.Auto) =>
        ComposePin.Find(deployment, ImageReference.Parse(Target), wanted, isNamed: true, out _)!;

    private static string Refusal(Func<object> work) => Assert.Throws<ShoreGuardException>(work).Id;

    private Deployment Deployment(params string[] composeFiles) => new()
    {
        Name = "app-1",
        ContainerId = "0123456789ab",
        Project = "test",
        Service = "app",
        Image = "ghcr.io/a/b:0.28.0",
        ImageId = "sha256:1",
        State = "running",
        Database = new() { Kind = DatabaseKind.Sqlite, Url = "sqlite:///x" },
        ComposeFiles = composeFiles,
        ComposeDirectory = _folder,
        DockerHost = "unix:///none",
    };

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, Encoding.UTF8.GetBytes(text));
        return path;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
