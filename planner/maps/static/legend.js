// What the colours and symbols mean.
"use strict";
(function (S) {
  function line(sample, text) {
    return S.element("li", {}, [sample, S.element("span", {}, [text])]);
  }

  function swatch(colour) {
    var box = S.element("i", { class: "swatch" }, []);
    box.style.background = colour;
    return box;
  }

  function symbol(name) {
    var box = S.element("i", { class: "sample" }, []);
    box.innerHTML = S.symbol(name, name === "pin" ? 20 : 16);
    return box;
  }

  function dot(style) {
    var box = S.element("i", { class: "dot" }, []);
    box.style.background = style.fillColor;
    return box;
  }

  function shares() {
    var lines = S.classes.map(function (one) {
      var text = S.number(100 * one.from) + "–" + S.number(100 * one.to) + "%";
      return line(swatch(one.colour), text);
    });
    var empty = S.data.communities.some(function (place) { return S.share(place) === null; });
    return empty ? lines.concat([line(swatch(S.colourOf(null)), S.word("no_residents"))]) : lines;
  }

  S.makeLegend = function (box) {
    var open = window.innerWidth > 700;
    S.follow(function () {
      var title = S.element("summary", {}, [S.word("legend")]);
      var details = S.element("details", {}, [
        title,
        S.element("h4", {}, [S.word("legend_share")]),
        S.element("ul", { class: "shares" }, shares()),
        S.element("ul", {}, [
          line(symbol("pin"), S.word("switch.recommendations")),
          line(dot(S.unserved), S.word("switch.unserved") + S.language_bracket("size_residents")),
          line(symbol("centre"), S.word("tier.municipal")),
          line(symbol("platform"), S.word("tier.town")),
          line(symbol("hall"), S.word("form.hall")),
          line(symbol("station"), S.word("form.station"))
        ])
      ]);
      details.open = open;
      details.addEventListener("toggle", function () { open = details.open; });
      S.replaceChildren(box, [details]);
    });
  };

  S.language_bracket = function (key) {
    var text = S.word(key);
    return S.language === "zh" ? "（" + text + "）" : " (" + text + ")";
  };
})(Sanshe);
