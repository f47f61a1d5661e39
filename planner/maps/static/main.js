// Puts the page together.
"use strict";
(function (S) {
  S.step = 0;
  S.after = false;
  S.theme = "coverage";
  S.field = "all";
  S.day = 0;

  S.start = function (name) {
    S.use(JSON.parse(document.getElementById("sanshe-data").textContent));
    var map = L.map(name, {
      zoomControl: false, minZoom: 6, maxZoom: 18, zoomSnap: 0.25, zoomDelta: 0.5,
      wheelPxPerZoomLevel: 90, attributionControl: false, maxBoundsViscosity: 0.8,
      fadeAnimation: false
    });
    S.map = map;
    map.setView(L.latLngBounds(S.data.bounds).getCenter(), 10);
    map.setMaxBounds(L.latLngBounds(S.data.bounds).pad(1));
    S.makeLayers(map);
    L.control.zoom({ position: "topleft" }).addTo(map);
    L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
    S.makeSwitches(document.getElementById("switches"), map);
    S.makeLegend(document.getElementById("legend"), map);
    var panel = document.getElementById("panel");
    S.makePanel(panel);
    S.makeTable(document.getElementById("table"), document.getElementById("table-toggle"), map);
    S.makePointer(map);
    makeToggle(panel, map);
    makePrint(map);
    // Now that the panel has its width.
    map.invalidateSize({ animate: false });
    map.fitBounds(S.data.bounds, { padding: [12, 12], animate: false });
    map.on("popupopen popupclose", function (event) {
      document.getElementById("sanshe").classList.toggle("explaining", event.type === "popupopen");
    });
    S.follow(function () {
      map.closePopup();
      document.documentElement.lang = S.language;
      map.getContainer().setAttribute("aria-label", S.word("map"));
    });
    document.documentElement.dataset.ready = "yes";
    return map;
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
  function makePrint(map) {
    var bounds = null;
    window.addEventListener("beforeprint", function () {
      bounds = map.getBounds();
      document.documentElement.classList.add("on-paper");
      map.invalidateSize({ animate: false });
      map.fitBounds(bounds, { animate: false });
    });
    window.addEventListener("afterprint", function () {
      document.documentElement.classList.remove("on-paper");
      map.invalidateSize({ animate: false });
      map.fitBounds(bounds, { animate: false });
    });
  }
})(Sanshe);
