using ShoreGuard.Rollback.Engine.Operations.Planning;

namespace ShoreGuard.Rollback.Engine.Tests.Operations;

public sealed class StopForecastTests
{
    // 8888 is 22B8; 0A is a listener, 06 one that waits for its end.
    private const string Table = """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 00000000:22B8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 18 1
           1: 020011AC:22B8 010011AC:C1A2 01 00000000:00000000 00:00000000 00000000  1000        0 19 1
           2: 020011AC:22B8 010011AC:C1A4 06 00000000:00000000 00:00000000 00000000     0        0 0 3
           3: 020011AC:C1A6 030011AC:22B8 01 00000000:00000000 00:00000000 00000000  1000        0 20 1
          sl  local_address                         remote_address                        st
           0: 0000000000000000FFFF0000020011AC:22B8 0000000000000000FFFF0000010011AC:D1A2 01 00000000:00000000 00:00000000 00000000 1000 0 21 1
        """;

    [Fact]
    public void Connections_to_the_port_are_counted_and_those_from_it_are_not() =>
        Assert.Equal((2, 0), (StopForecast.Connections(Table, 8888).Count, StopForecast.Connections(Table, 80).Count));

    [Theory]
    [InlineData("")]
    [InlineData("cat: /proc/net/tcp: No such file or directory\n")]
    public void What_is_no_table_has_none(string text) => Assert.Empty(StopForecast.Connections(text, 8888));
}
