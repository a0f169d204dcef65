"""`daypass demo`: the README's first command."""


def test_the_demo_walks_through_and_cleans_up(shell):
    sh = shell(AWS_ACCESS_KEY_ID="AKIANOTUSED", AWS_ENDPOINT_URL="http://127.0.0.1:1")
    printed = sh.run("PATH=$(dirname $(command -v daypass)):/usr/bin:/bin daypass demo")
    # Long answers go on in the next line.
    printed = " ".join(printed.split())
    for step in (
        "aws sts get-caller-identity", "create-open-id-connect-provider", "create-role", "list-policies",
        "attach-role-policy", "create-bucket", "daypass token", "assume-role-with-web-identity", "aws s3 cp",
        "Not authorized to perform sts:AssumeRoleWithWebIdentity", "lookup-events", "AWSRevokeOlderSessions",
        "daypass serve",
    ):
        assert step in printed, step
    assert "panicked" not in printed
    assert sh.run("ls -A") == ""


def test_the_demos_data_can_be_kept(shell):
    sh = shell()
    sh.run("daypass demo --data ./kept > /dev/null")
    assert "directory.db" in sh.run("ls kept")
