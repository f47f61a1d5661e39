// Puts the page together.
"use strict";
(function (S) {
  var SIDE = 260;

  S.step = 0;
  S.after = false;
  S.theme = "coverage";
  S.field = "all";
  S.day = 0;

  S.start = function (name) {
    var head = JSON.parse(document.getElementById("sanshe-data").textContent);
    var page = document.documentElement;
    S.words = head.words;
    S.language = head.lang;
    var map = S.map = L.map(name, {
      zoomControl: false, minZoom: 5, maxZoom: 18, zoomSnap: 0.25, zoomDelta: 0.5,
      wheelPxPerZoomLevel: 90, attributionControl: false, maxBoundsViscosity: 0.8,
      fadeAnimation: false
    });
    map.setView(L.latLngBounds(head.bounds).getCenter(), 10);
    map.setMaxBounds(L.latLngBounds(head.bounds).pad(1));
    S.use(head);
    if (!head.parts) {
      build(map);
      page.dataset.ready = page.dataset.complete = "yes";
      return map;
    }
    // What answers first, then what lies on the map in great number.
    var panel = document.getElementById("panel");
    panel.textContent = S.word("loading");
    S.part(1, head.beside).then(function (data) {
      S.use(data);
      build(map);
      page.dataset.ready = "yes";
      return S.part(2, head.beside);
    }).then(function (more) {
      S.use(more);
      S.remake(Object.keys(more));
      page.dataset.complete = "yes";
    }).catch(function (error) {
      panel.textContent = S.word("too_old");
      page.dataset.failed = String(error);
    });
    return map;
  };

  function build(map) {
    map.invalidateSize({ animate: false });
    map.fitBounds(S.data.bounds, {
      paddingTopLeft: [12, 12], paddingBottomRight: S.besides().add([12, 12]), animate: false
    });
    if (S.data.other) {
      // Two plans are compared by what they lead to.
      S.step = S.last;
      S.after = true;
    }
    S.makeLayers(map);
    L.control.zoom({ position: "topleft" }).addTo(map);
    if (S.data.base_map) { L.control.attribution({ prefix: false }).addTo(map); }
    L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
    S.makeCompare(map);
    S.makeSwitches(document.getElementById("switches"), map);
    S.makeLegend(document.getElementById("legend"), map);
    var panel = document.getElementById("panel");
    S.makePanel(panel);
    S.makeTable(document.getElementById("table"), document.getElementById("table-toggle"), map);
    S.makePointer(map);
    makeToggle(panel, map);
    makePrint(map, panel);
    map.on("popupopen popupclose", function (event) {
      document.getElementById("sanshe").classList.toggle("explaining", event.type === "popupopen");
    });
    S.follow(function () {
      map.closePopup();
      document.documentElement.lang = S.language;
      map.getContainer().setAttribute("aria-label", S.word("map"));
    });
  }

  // What the switches and the legend cover at the right, where the screen is wide.
  S.besides = function () {
    return L.point(S.map.getSize().x > 800 ? SIDE : 0, 0);
  };

  function makeToggle(panel, map) {
    var button = document.getElementById("panel-toggle");
    button.addEventListener("click", function () {
      panel.hidden = !panel.hidden;
      map.invalidateSize();
      show();
    });
    function show() {
      button.textContent = S.word(panel.hidden ? "panel_show" : "panel_hide");
      button.setAttribute("aria-expanded", String(!panel.hidden));
    }
    S.follow(show);
  }

  // On paper the page has the size of the sheet, and the map shows the same ground.
  function makePrint(map, panel) {
    var before = null;
    window.addEventListener("beforeprint", function () {
      var view = map.getBounds(), city = L.latLngBounds(S.data.bounds);
      var ground = !view.intersects(city) ? view : L.latLngBounds(
        [Math.max(view.getSouth(), city.getSouth()), Math.max(view.getWest(), city.getWest())],
        [Math.min(view.getNorth(), city.getNorth()), Math.min(view.getEast(), city.getEast())]);
      before = {
        centre: map.getCenter(), zoom: map.getZoom(), snap: map.options.zoomSnap,
        scrolled: panel.scrollTop
      };
      map.options.zoomSnap = 0.01;
      document.documentElement.classList.add("on-paper");
      panel.scrollTop = 0;
      map.invalidateSize({ animate: false });
      map.fitBounds(ground, { animate: false, padding: [20, 20] });
      map.getPane("names").appendChild(before.paper = S.paintTogether(map));
    });
    window.addEventListener("afterprint", function () {
      document.documentElement.classList.remove("on-paper");
      before.paper.remove();
      map.options.zoomSnap = before.snap;
      map.invalidateSize({ animate: false });
      map.setView(before.centre, before.zoom, { animate: false });
      panel.scrollTop = before.scrolled;
    });
  }
})(Sanshe);
