// Puts the page together.
"use strict";
(function (S) {
  S.after = false;

  S.start = function (name) {
    S.read();
    var map = L.map(name, {
      zoomControl: false, minZoom: 8, maxZoom: 18, zoomSnap: 0.25, zoomDelta: 0.5,
      wheelPxPerZoomLevel: 90, attributionControl: false, maxBoundsViscosity: 0.8
    });
    S.map = map;
    map.fitBounds(S.data.bounds, { padding: [12, 12] });
    map.setMaxBounds(L.latLngBounds(S.data.bounds).pad(1));
    S.makeLayers(map);
    L.control.zoom({ position: "topleft" }).addTo(map);
    L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
    makeSwitches(map);
    S.makeLegend(document.getElementById("legend"));
    var panel = document.getElementById("panel");
    S.makePanel(panel, map);
    makeToggle(panel, map);
    S.follow(function () {
      map.closePopup();
      document.documentElement.lang = S.language;
    });
    document.documentElement.dataset.ready = "yes";
    return map;
  };

  function makeSwitches(map) {
    var order = ["communities", "recommendations", "unserved", "served", "halls", "candidates",
      "organisations", "towns", "roads", "boundary"];
    var control = null;
    S.follow(function () {
      if (control) { control.remove(); }
      var named = {};
      order.forEach(function (layer) {
        // Leaflet takes HTML here: the words of our own catalogue, no names.
        named['<span data-layer="' + layer + '">' + S.word("switch." + layer) + "</span>"] =
          S.layers[layer];
      });
      control = L.control.layers(null, named, {
        collapsed: window.innerWidth <= 1000, position: "topright"
      }).addTo(map);
    });
  }

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
})(Sanshe);
