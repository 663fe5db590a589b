namespace EchoApex.Heads.Reporting;

/// <summary>The style sheet of the page: for screens up to 60 rem wide, and A4 paper.</summary>
internal static class HtmlStyle
{
    public const string Css = """
        :root { --ink:#1b2733; --muted:#5c6b7a; --line:#dce3ea; --pale:#f4f7fa; --blue:#1d5b8f; --green:#0b6e4f; --amber:#8a5a00; --red:#b3261e; }
        * { box-sizing: border-box; }
        html { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
        body { margin:0; background:#e9eef3; color:var(--ink); font:14px/1.45 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, "DejaVu Sans", sans-serif; }
        main { max-width: 60rem; margin: 1.5rem auto; background:#fff; padding: 2rem 2.4rem 1.6rem; border-radius: 6px; box-shadow: 0 1px 8px rgba(20,40,60,.14); }
        header { display:flex; justify-content:space-between; align-items:flex-end; border-bottom: 3px solid var(--blue); padding-bottom:.7rem; gap:1rem; }
        h1 { font-size:1.55rem; margin:0; letter-spacing:-.01em; } h1 small { display:block; font-size:.95rem; font-weight:500; color:var(--muted); letter-spacing:0; }
        header .facts { text-align:right; color:var(--muted); font-size:.85rem; }
        .notice { margin:.9rem 0 1.2rem; padding:.5rem .8rem; border:1px solid #e3b7b3; border-left:4px solid var(--red); background:#fdf3f2; color:#7a1b15; font-weight:600; border-radius:3px; }
        h2 { font-size:1.08rem; margin:1.9rem 0 .6rem; padding-bottom:.25rem; border-bottom:1px solid var(--line); color:var(--blue); break-after: avoid; }
        h3 { font-size:.95rem; margin:1rem 0 .4rem; break-after: avoid; }
        .muted { color:var(--muted); } .small { font-size:.85rem; }
        .tiles { display:grid; grid-template-columns: repeat(6, 1fr); gap:.6rem; margin:.4rem 0 1rem; }
        .tile { border:1px solid var(--line); border-radius:5px; padding:.55rem .7rem .5rem; background:var(--pale); min-width:0; }
        .tile b { display:block; font-size:1.5rem; line-height:1.15; font-weight:650; font-variant-numeric: tabular-nums; } .tile b i { font-style:normal; font-size:.8rem; font-weight:500; color:var(--muted); margin-left:.2em; }
        .tile span { display:block; font-size:.76rem; color:var(--muted); line-height:1.25; } .tile.none b { color:#9aa7b3; }
        ul.summary { margin:.3rem 0 0; padding-left:1.1rem; } ul.summary li { margin:.18rem 0; } ul.summary li.flag { color:var(--red); font-weight:600; }
        table { width:100%; border-collapse:collapse; font-size:.86rem; } th { text-align:left; color:var(--muted); font-weight:600; border-bottom:1px solid #bcc8d3; padding:.3rem .5rem .3rem 0; }
        td { padding:.3rem .5rem .3rem 0; border-bottom:1px solid var(--line); vertical-align:top; } tr { break-inside: avoid; }
        td.num, th.num { text-align:right; font-variant-numeric: tabular-nums; white-space:nowrap; } td.value { font-weight:650; }
        .measures td:first-child { width:14.5rem; } .reasons td:first-child { width:50%; } .charts { display:grid; grid-template-columns: 1fr 1fr; gap:.4rem 1.2rem; } td.once { white-space:nowrap; } tr.group td { background:var(--pale); font-weight:600; padding-left:.4rem; color:var(--blue); }
        .bar { display:inline-block; width:4.2rem; height:.5rem; border-radius:3px; background:#e2e8ee; overflow:hidden; vertical-align:middle; margin-right:.35rem; } .bar i { display:block; height:100%; background:var(--blue); }
        .frames { display:grid; grid-template-columns: repeat(2, 1fr); gap:.9rem; } figure { margin:0; break-inside: avoid; } figcaption { font-size:.8rem; color:var(--muted); padding-top:.25rem; }
        svg.frame { width:100%; max-height:24rem; background:#000; border-radius:4px; display:block; } svg.frame .overlay * { stroke-width:1.6; vector-effect: non-scaling-stroke; } svg.frame text { font-weight:700; stroke:#000; stroke-width:2.5 !important; paint-order: stroke; font-family:inherit; }
        #overlay { margin:0 .4rem 0 0; } #overlay:not(:checked) ~ .frames .overlay { display:none; }
        .legend { font-size:.8rem; color:var(--muted); margin:.5rem 0 0; } .legend i { display:inline-block; width:.8rem; height:.8rem; border-radius:2px; vertical-align:-.1rem; margin:0 .3rem 0 .8rem; }
        svg.chart { width:100%; display:block; margin:.4rem 0; break-inside: avoid; } .chart .grid { stroke:#e4eaf0; } .chart .axis { stroke:#8a99a8; } .chart text { font-family:inherit; } .chart .tick { font-size:12.5px; fill:#5c6b7a; } .chart .title { font-size:14px; font-weight:600; fill:#1b2733; } .chart .mark { font-size:12.5px; font-weight:700; }
        .clip { display:grid; grid-template-columns: 8.5rem 1fr; gap:1rem; padding:.7rem 0; border-bottom:1px solid var(--line); break-inside: avoid; } .thumb, .nothumb { width:8.5rem; height:7rem; object-fit:contain; background:#000; border-radius:4px; display:block; } .nothumb { color:#8a99a8; font-size:.78rem; display:flex; align-items:center; justify-content:center; background:#eef2f6; border:1px dashed #bcc8d3; }
        .clip h3 { margin:0 0 .15rem; } .clip p { margin:.15rem 0; } .clip ul { margin:.25rem 0 0; padding:0; list-style:none; font-size:.84rem; } .clip li { margin:.12rem 0; }
        .chip { display:inline-block; font-size:.72rem; font-weight:600; border-radius:3px; padding:.05rem .4rem; margin-right:.45rem; border:1px solid; } .unusable { color:var(--red); border-color:#e3b7b3; background:#fdf3f2; } .warning { color:var(--amber); border-color:#e8d3a4; background:#fdf8ec; } .note { color:var(--muted); border-color:var(--line); background:var(--pale); } .measured { color:var(--green); border-color:#b5d9cb; background:#eef8f4; }
        .failed { color:var(--red); font-weight:700; } .passed { color:var(--green); font-weight:700; } .not { color:var(--muted); }
        .maps { display:grid; grid-template-columns: repeat(4, 1fr); gap:.6rem; margin-bottom:.8rem; } .maps img { width:100%; display:block; border-radius:3px; }
        .model { break-inside: avoid; } .model td { border:none; padding:.08rem .6rem .08rem 0; } code { font-family: ui-monospace, "DejaVu Sans Mono", Consolas, monospace; font-size:.82em; word-break:break-all; } .line { white-space:nowrap; }
        footer { margin-top:1.8rem; padding-top:.6rem; border-top:1px solid var(--line); color:var(--muted); font-size:.78rem; }
        @media (max-width: 46rem) { .tiles { grid-template-columns: repeat(3, 1fr); } .frames { grid-template-columns: 1fr; } .maps { grid-template-columns: repeat(2, 1fr); } .charts { grid-template-columns: 1fr; } main { padding:1rem; } }
        @page { size: A4; margin: 14mm 12mm 16mm; }
        @media print { html { font-size:11px; } body { background:#fff; font-size:11px; } tr.group { break-after: avoid; } main { max-width:none; margin:0; padding:0; box-shadow:none; border-radius:0; } .noprint { display:none; } svg.frame { max-height:17rem; } }
        """;
}
