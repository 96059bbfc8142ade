// What a browser with scripts gets beyond forms and links: Ctrl-Enter sends the
// form one is writing in, 打印 prints, facets fold on a phone, and each curve is
// drawn from the table below it, so that both always show the same numbers.
(function () {
  "use strict";
  document.documentElement.classList.add("scripted");

  document.addEventListener("keydown", function (e) {
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey) && e.target.form) {
      e.preventDefault();
      if (e.target.form.requestSubmit) e.target.form.requestSubmit();
      else e.target.form.submit();
    }
    // "/" goes to the search box, unless one is writing.
    if (e.key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName)) {
      var box = document.querySelector("[data-search]") || document.getElementById("quick");
      if (box && box.offsetParent) { e.preventDefault(); box.focus(); box.select(); }
    }
  });

  document.addEventListener("click", function (e) {
    var t = e.target.closest("[data-do], [data-fill]");
    if (!t) return;
    if (t.dataset.do === "print") window.print();
    if (t.dataset.fill) {
      // A column of the schema tree goes where the cursor is.
      var box = document.getElementById(t.dataset.fill), word = t.dataset.word;
      box.setRangeText(word, box.selectionStart, box.selectionEnd, "end");
      box.focus();
    }
  });

  // A choice in a filter takes effect at once; without scripts, on 查询.
  document.querySelectorAll("select[data-now]").forEach(function (s) {
    s.addEventListener("change", function () { s.form.submit(); });
  });

  if (window.matchMedia("(max-width: 860px)").matches) {
    document.querySelectorAll("details[data-fold]").forEach(function (d) { d.open = false; });
  }

  function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

  // read takes times and values out of the table's cells.
  function read(table) {
    var rows = table.tBodies[0].rows, labels = [], links = [], series = [];
    for (var i = 0; i < rows.length; i++) {
      var cells = rows[i].cells;
      labels.push(cells[0].textContent.trim());
      var a = cells[1] && cells[1].querySelector("a[href]");
      links.push(a ? a.href : "");
      var n = 0;
      for (var j = 1; j < cells.length; j++) {
        if (!cells[j].hasAttribute("data-value")) continue;
        (series[n] = series[n] || []).push(cells[j].dataset.value === "" ? null : Number(cells[j].dataset.value));
        n++;
      }
    }
    return { labels: labels, links: links, series: series };
  }

  function draw(box) {
    var table = document.getElementById(box.dataset.table);
    if (!table || !window.uPlot) return;
    var names = JSON.parse(box.dataset.names), d = read(table);
    if (d.labels.length < 2) { box.hidden = true; return; }
    var xs = d.labels.map(function (_, i) { return i; });
    var ink = colour("--quiet"), line = colour("--line"), accent = colour("--accent");
    var styles = [
      { stroke: accent, width: 2.5, fill: "rgba(23,80,95,.08)" },
      { stroke: ink, width: 1.5, dash: [6, 4] },
      { stroke: colour("--edge"), width: 1.5, dash: [2, 3] }
    ];
    function size() { return { width: Math.max(280, box.clientWidth), height: 230 }; }
    var s = size();
    var plot = new uPlot({
      width: s.width, height: s.height,
      scales: { x: { time: false }, y: { range: function (u, min, max) { return [0, Math.max(4, max * 1.08)]; } } },
      legend: { live: true },
      cursor: { y: false, drag: { x: false, y: false } },
      axes: [
        { stroke: ink, grid: { show: false }, ticks: { stroke: line }, font: "12px sans-serif", space: 64, size: 30,
          incrs: [1, 2, 5, 7, 10, 14, 30, 60, 90, 180, 365],
          values: function (u, vs) { return vs.map(function (v) { var l = d.labels[v]; return l === undefined ? "" : (l.length === 10 ? l.slice(5) : l); }); } },
        { stroke: ink, grid: { stroke: line }, ticks: { show: false }, font: "12px sans-serif", size: 54,
          values: function (u, vs) { return vs.map(function (v) { return v % 1 ? "" : v.toLocaleString("zh-CN"); }); } }
      ],
      series: [{ label: box.dataset.axis, value: function (u, v) { return v === null ? "—" : d.labels[v]; } }].concat(names.map(function (n, i) {
        return Object.assign({ label: n, points: { show: d.labels.length < 40 && i === 0, size: 5 }, value: function (u, v) { return v === null ? "—" : v.toLocaleString("zh-CN"); } }, styles[i] || { stroke: ink });
      }))
    }, [xs].concat(d.series.slice(0, names.length)), box);
    plot.over.addEventListener("click", function () {
      var i = plot.cursor.idx;
      if (i !== null && i !== undefined && d.links[i]) window.location.href = d.links[i];
    });
    var wait;
    window.addEventListener("resize", function () {
      clearTimeout(wait);
      wait = setTimeout(function () { plot.setSize(size()); }, 120);
    });
  }

  document.querySelectorAll(".curve").forEach(draw);
})();
