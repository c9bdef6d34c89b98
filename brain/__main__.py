"""`python -m brain serve|parse|train|evaluate`; see `--help` of each."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from brain.quiet import settle_environment

settle_environment()

from brain import lean  # noqa: E402 - the environment must be settled before numpy is imported

DATA = ["data/nlu", "data/rules", "data/stories"]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="brain", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="answer the server's turns")
    serve.add_argument("--model", type=Path, default=Path("models"), help="model file or folder")
    serve.add_argument("--host", default="127.0.0.1", help="loopback or a private network only")
    serve.add_argument("--port", type=int, default=5055)
    parse = commands.add_parser("parse", help="a text per line in, a JSON object per line out")
    parse.add_argument("--model", type=Path, default=Path("models"))
    train = commands.add_parser("train", help="train a model")
    train.add_argument("--out", type=Path, default=Path("models"))
    train.add_argument("--name", help="file name without .tar.gz")
    train.add_argument("--data", type=Path, nargs="+", default=[Path(path) for path in DATA])
    train.add_argument("--domain", type=Path, default=Path("domain.yml"))
    train.add_argument("--config", type=Path, default=Path("config.yml"))
    early = commands.add_parser("ahead", help="vectors of the examples, for the next training")
    early.add_argument("--data", type=Path, nargs="+", default=[Path(path) for path in DATA])
    evaluate = commands.add_parser("evaluate", help="cross-validate the understanding")
    evaluate.add_argument("--data", type=Path, default=Path("data/nlu"))
    evaluate.add_argument("--folds", type=int, default=5)
    return parser.parse_args()


def main() -> int:
    arguments = _arguments()
    lean.install()
    if arguments.command in ("serve", "parse"):
        from brain.nlu.vectors import preload

        preload()
    from brain.quiet import settle_logging

    settle_logging()
    if arguments.command == "serve":
        from brain.serve import serve

        return serve(arguments.model, arguments.host, arguments.port)
    if arguments.command == "parse":
        from brain.loading import NoModel
        from brain.parse import parse_lines

        try:
            return parse_lines(arguments.model, sys.stdin)
        except NoModel as error:
            print(error, file=sys.stderr)
            return 1
    if arguments.command == "ahead":
        from brain.ahead import make_vectors

        return make_vectors(arguments.data)
    if arguments.command == "train":
        from brain.train import train

        return train(
            arguments.out, arguments.name, arguments.data, arguments.domain, arguments.config
        )
    from brain.evaluate import evaluate

    return evaluate(arguments.data, arguments.folds)


if __name__ == "__main__":
    sys.exit(main())
