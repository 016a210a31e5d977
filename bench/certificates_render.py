"""Certificates per second and core: our printer beside bare WeasyPrint on the same HTML, turn by turn in one run.

.venv/bin/python bench/certificates_render.py [--certificates 40] [--rounds 3] [--workers 2]
"""

import argparse
import os
import resource
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import weasyprint
from documents import TEMPLATES, Printer
from documents.render import html
from machine import machine


def a_certificate(number: int) -> dict[str, Any]:
    """A context; every certificate differs, as in a real batch."""
    return {
        "authority": "示例省",
        "name": f"王小{'甲乙丙丁戊己庚辛壬癸'[number % 10]}",
        "sex": "男女"[number % 2],
        "birth_date": f"19{70 + number % 25}-0{number % 9 + 1}-15",
        "id_number": f"110101198503{number % 100000:05d}X",
        "title_name": "高级工程师",
        "series": "工程技术人员",
        "level": "副高级",
        "specialty": "水利水电工程",
        "work_unit": f"示例省水利勘测设计研究院第{number}分院",
        "review_body": "示例省工程技术高级职称评审委员会",
        "approval_date": "2026-06-30",
        "issuing_unit": "示例省人力资源和社会保障厅",
        "document_number": "示人社职称〔2026〕18号",
        "certificate_number": f"20260101{number:06d}",
        "lookup_url": f"https://title.example/lookup?number=20260101{number:06d}",
    }


def ours(printer: Printer, workers: int, contexts: list[dict[str, Any]]) -> float:
    """Seconds for all of them through the pool, kept busy by as many callers as it has workers."""
    started = time.perf_counter()
    with ThreadPoolExecutor(workers) as callers:
        for pdf in callers.map(lambda context: printer.render("certificate.html", context), contexts):
            assert pdf.startswith(b"%PDF-")
    return time.perf_counter() - started


def bare(contexts: list[dict[str, Any]], stylesheet: str) -> float:
    """Seconds for the same pages by WeasyPrint as its manual shows it; filling the templates is not counted."""
    pages = [html((TEMPLATES,), "certificate.html", context) for context in contexts]
    started = time.perf_counter()
    for page in pages:
        pdf = weasyprint.HTML(string=page).write_pdf(stylesheets=[weasyprint.CSS(string=stylesheet)])
        assert pdf.startswith(b"%PDF-")
    return time.perf_counter() - started


def main() -> None:
    """Measure in turns and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--certificates", type=int, default=40, help="per round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    contexts = [a_certificate(number) for number in range(args.certificates)]
    stylesheet = (TEMPLATES / "official.css").read_text()
    print(f"{machine()}, WeasyPrint {weasyprint.__version__}")
    print(
        f"{args.rounds} rounds of {args.certificates} certificates, {args.workers} workers; both warmed up first"
    )
    in_pool, alone, cpu_alone = [], [], 0.0
    with Printer(workers=args.workers) as printer:
        ours(printer, args.workers, contexts[: 2 * args.workers])
        bare(contexts[:2], stylesheet)
        for turn in range(args.rounds):
            in_pool.append(ours(printer, args.workers, contexts))
            before = time.process_time()
            alone.append(bare(contexts, stylesheet))
            cpu_alone += time.process_time() - before
            rates = args.certificates / in_pool[-1], args.certificates / alone[-1]
            print(f"round {turn + 1}: pool {rates[0]:.2f}/s, bare {rates[1]:.2f}/s")
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    report(args, in_pool, alone, usage.ru_utime + usage.ru_stime, cpu_alone)


def report(
    args: argparse.Namespace, in_pool: list[float], alone: list[float], cpu_pool: float, cpu_alone: float
) -> None:
    """Print medians, per core, and CPU seconds, which other work on the machine disturbs least."""
    count = args.certificates
    pool, single = count / statistics.median(in_pool), count / statistics.median(alone)
    cores = min(args.workers, os.cpu_count() or 1)
    printed = count * args.rounds
    each = cpu_pool / (printed + 2 * args.workers)
    print(
        f"pool : {pool:6.2f} certificates/s, {pool / cores:6.2f} per core, {each:.3f} CPU s each with start"
    )
    print(
        f"bare : {single:6.2f} certificates/s, {single:6.2f} per core, {cpu_alone / printed:.3f} CPU s each"
    )
    print(f"ratio: {pool / single:.2f} in all, {pool / cores / single:.2f} per core")


if __name__ == "__main__":
    main()
