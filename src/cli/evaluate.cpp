// crosslift evaluate: how good are the offers on later purchases, beside simple methods that were tuned as well.
#include "command.hpp"
#include "data_options.hpp"
#include "engine_options.hpp"
#include "interrupt.hpp"
#include "model_summary.hpp"
#include "progress_bar.hpp"

#include <crosslift/error.hpp>
#include <crosslift/evaluation.hpp>
#include <crosslift/model_io.hpp>

#include <cstdio>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace crosslift::cli {
namespace {

struct Evaluate {
    DataOptions data;
    EngineOptions engine;
    EvaluationOptions options;
    std::string later;
    std::string model;
    std::string task = "all";
    std::string bundles;
    std::vector<std::string> goals;
    double share = 0;
    bool json = false;

    struct Parts {
        Transactions train;
        Transactions later;
        Catalog catalog;
        std::string cut;  ///< empty when the caller brought two files
    };

    Parts read() const {
        if ((share != 0) == !later.empty()) {
            throw InvalidArgument(
                "give either --later FILE with the purchases to judge on, or --share 0.1 to take the "
                "newest tenth of the baskets");
        }
        if (!later.empty() && !data.data.empty()) {
            throw InvalidArgument("--data brings one set of purchases; cut it with --share 0.1 in place of --later");
        }
        DataOptions::Shop shop = data.read();
        if (!later.empty()) return {std::move(shop.transactions), data.read_more(later), std::move(shop.catalog), {}};
        TimeSplit split = split_by_time(shop.transactions, share);
        return {std::move(split.earlier), std::move(split.later), std::move(shop.catalog),
                format_time(split.cut, shop.transactions.time_kind())};
    }

    OfferEngine make_engine(const Parts& parts, const OfferEngineOptions& training, Interrupt& interrupt) const {
        if (!model.empty()) return load_offer_engine(model);
        OfferEngine made = fit_offer_engine(parts.train, parts.catalog, training, progress_bar(interrupt.token()));
        end_progress_bar();
        return made;
    }

    /// One report per task. A task that this data cannot be judged on is an error when it was asked for by name, and a
    /// line on stderr when all were.
    std::vector<EvaluationReport> judge(const OfferEngine& judged, const Parts& parts, Interrupt& interrupt) const {
        std::vector<EvaluationReport> reports;
        const auto add = [&](const char* name, auto&& evaluate) {
            if (task != "all" && task != name) return;
            try {
                reports.push_back(evaluate(judged, parts.train, parts.later, options, progress_bar(interrupt.token())));
                end_progress_bar();
            } catch (const DataError& error) {
                end_progress_bar();
                if (task != "all") throw;
                std::fprintf(stderr, "crosslift: %s left out: %s\n", name, error.what());
            }
        };
        add("basket_completion", evaluate_basket_completion);
        add("item_complements", evaluate_item_complements);
        add("next_basket", evaluate_next_basket);
        add("trade_up", evaluate_trade_up);
        add("acceptance", evaluate_acceptance);
        add("replenishment", evaluate_replenishment);
        if (task == "bundles") add("bundles", evaluate_bundles);
        if (reports.empty()) throw DataError("there was nothing to judge in the later purchases");
        return reports;
    }

    /// "metric,method,over,value"
    void read_goals() {
        for (const std::string& text : goals) {
            std::vector<std::string> words;
            std::istringstream line(text);
            for (std::string word; std::getline(line, word, ',');) words.push_back(word);
            // The name of a method may hold ", personal": the first word is the metric, the last the number.
            std::vector<std::string> names;
            for (std::size_t n = 1; n + 1 < words.size(); ++n) {
                if (words[n].starts_with(' ') && !names.empty()) {
                    names.back() += ',' + words[n];
                } else {
                    names.push_back(words[n]);
                }
            }
            float value = 0;
            if (names.size() != 2 || !parse_number(words.back(), value) || !(value > 0)) {
                throw InvalidArgument("--goal is '" + text +
                                      "'; give metric,method,over,value such as "
                                      "'hr@10,crosslift,EASE,1.03'");
            }
            options.goals.push_back({words.front(), names[0], names[1], std::stod(words.back())});
        }
        if (!goals.empty() && task == "all") throw InvalidArgument("--goal needs one task; give --task");
    }

    void run() {
        const OfferEngineOptions training = engine.read();
        options.seed = training.seed;
        options.threads = training.threads;
        Interrupt interrupt;
        read_goals();
        Parts parts = read();
        if (!bundles.empty()) {
            if (task != "bundles") throw InvalidArgument("--bundles goes with --task bundles");
            parts.later = data.read_more(bundles);
        }
        if (!json) {
            std::printf("train: %d baskets, %d items, %d customers; later: %d baskets%s%s\n",
                        parts.train.baskets().size(), parts.train.items().size(), parts.train.customers().size(),
                        parts.later.baskets().size(), parts.cut.empty() ? "" : ", from ", parts.cut.c_str());
            std::fflush(stdout);
        }
        const OfferEngine judged = make_engine(parts, training, interrupt);
        const auto reports = judge(judged, parts, interrupt);
        if (!json) {
            std::printf("engine:\n%s", summary_text(judged.models()).c_str());
            for (const auto& report : reports) std::printf("\n%s", report.table().c_str());
            return;
        }
        nlohmann::ordered_json result;
        result["engine"] = summary_json(judged.models());
        result["reports"] = nlohmann::ordered_json::array();
        for (const auto& report : reports) result["reports"].push_back(nlohmann::ordered_json::parse(report.json()));
        std::printf("%s\n", result.dump(2).c_str());
    }
};

void add_judging(CLI::App& command, EvaluationOptions& options) {
    const char* group = "Judging";
    const auto add = [&](const char* option, auto& value, const char* what) {
        command.add_option(option, value, what)->group(group)->capture_default_str();
    };
    add("--queries", options.max_queries, "at most this many queries, drawn at random; 0 = all");
    add("--targets-per-basket", options.max_targets_per_basket, "items taken out of one basket in turn; 0 = all");
    add("--bootstrap", options.bootstrap, "resamples for the intervals; 0 = none");
    add("--permutations", options.permutations, "sign flips per test; 0 = no tests");
    add("--trials", options.tuning_trials, "settings tried per baseline on a validation slice; 0 = textbook settings");
    add("--validation-share", options.validation_share, "newest share of training that baselines are tuned on");
    add("--validation-queries", options.validation_queries, "at most this many queries of that slice");
    command.add_option("--baselines", options.baselines, "only these, such as 'co-count;PerNIR'; default all")
        ->group(group)
        ->delimiter(';')
        ->type_name("NAME;...");
    command
        .add_flag("--receipt-order", options.receipt_order,
                  "basket_completion: ask for the next item of each receipt; lines must stand in the order of buying")
        ->group(group);
    add("--min-price-ratio", options.min_price_ratio, "trade_up: what counts as dearer");
    command
        .add_flag("--own-maximum", options.own_maximum,
                  "trade_up: dearer than the dearest item bought in the category, not the last")
        ->group(group);
    command.add_option("--ease-grid", options.ease_grid, "lambdas tried for EASE; the best is the yardstick")
        ->group(group)
        ->delimiter(',')
        ->type_name("LAMBDA,...");
}

}  // namespace

void add_evaluate(CLI::App& program, Choice& choice) {
    auto evaluate = std::make_shared<Evaluate>();
    CLI::App& command = *program.add_subcommand("evaluate", "Judge offers on later purchases, beside simple methods");
    command.footer(
        "Examples:\n"
        "  crosslift evaluate --data online_retail --share 0.1\n"
        "  crosslift evaluate --train until_may.csv.gz --later june.csv.gz --catalog items.csv.gz \\\n"
        "                     --category department,category --task trade_up --json\n\n"
        "  crosslift evaluate --data online_retail --share 0.1 --task basket_completion \\\n"
        "                     --goal 'hr@10,crosslift,EASE,1.03'\n\n"
        "basket_completion takes each item out of later baskets in turn and ranks all items of training; "
        "item_complements\n"
        "asks for the partners of single items; bundles for the mates that people marked (--bundles FILE, basket "
        "column =\n"
        "bundle); next_basket for a customer's next basket; trade_up for the dearer item of a category that customers "
        "went\n"
        "for next; acceptance whether they go for a dearer one; replenishment whether what is due is bought. The "
        "simple methods beside Crosslift are tuned with "
        "equal budgets on a validation slice of training, "
        "and\n"
        "EASE again on the very queries: compare ratios to that (hr@10_to_ease), never absolute values. Intervals are "
        "95 %\n"
        "bootstrap intervals, p-values sign-flip tests by customer (by basket where there is none).");
    evaluate->data.add_to(command, "--train", "purchases to learn from: CSV or CSV.gz with a header line");
    command.add_option("--later", evaluate->later, "purchases to judge on, with the same columns")->type_name("FILE");
    command.add_option("--share", evaluate->share, "judge on the newest share of the baskets, such as 0.1")
        ->check(CLI::Range(0.0, 1.0));
    command.add_option("--model", evaluate->model, "judge this saved model in place of training one")
        ->type_name("FILE");
    command
        .add_option(
            "--task", evaluate->task,
            "basket_completion, item_complements, next_basket, trade_up, acceptance, replenishment, bundles or all "
            "(without bundles)")
        ->check(CLI::IsMember({"basket_completion", "item_complements", "next_basket", "trade_up", "acceptance",
                               "replenishment", "bundles", "all"}))
        ->capture_default_str();
    command
        .add_option("--bundles", evaluate->bundles, "sets that people marked, one per basket id, for --task bundles")
        ->type_name("FILE");
    command.add_option("--goal", evaluate->goals, "a ratio to give a verdict on; may be repeated")
        ->type_name("METRIC,METHOD,OVER,VALUE");
    add_judging(command, evaluate->options);
    evaluate->engine.add_to(command);
    command.add_flag("--json", evaluate->json, "print one JSON object");
    command.callback([evaluate, &choice] { choice.run = [evaluate] { evaluate->run(); }; });
}

}  // namespace crosslift::cli
