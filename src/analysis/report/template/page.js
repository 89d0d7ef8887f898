(function () {
  "use strict";
  document.querySelectorAll(".tablebox[data-search]").forEach(function (box) {
    var body = box.querySelector("tbody"), rows = Array.from(body.rows), heads = Array.from(box.querySelectorAll("thead th"));
    var field = document.createElement("input");
    field.type = "search";
    field.placeholder = box.dataset.search;
    field.setAttribute("aria-label", box.dataset.search);
    field.addEventListener("input", function () {
      var sought = field.value.trim().toLowerCase();
      rows.forEach(function (row) { row.hidden = row.textContent.toLowerCase().indexOf(sought) < 0; });
    });
    box.insertBefore(field, box.firstChild);
    heads.forEach(function (head, column) {
      var button = document.createElement("button");
      button.type = "button";
      while (head.firstChild) button.appendChild(head.firstChild);
      head.appendChild(button);
      button.addEventListener("click", function () {
        var down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        rows.slice().sort(function (a, b) {
          var x = a.cells[column], y = b.cells[column], order;
          if ("v" in x.dataset || "v" in y.dataset) {
            if (!("v" in x.dataset)) return 1;
            if (!("v" in y.dataset)) return -1;
            order = Number(x.dataset.v) - Number(y.dataset.v);
          } else {
            order = x.textContent.localeCompare(y.textContent, document.documentElement.lang);
          }
          return down ? -order : order;
        }).forEach(function (row) { body.appendChild(row); });
      });
    });
  });
})();
