#include "network.h"

#include "board.h"
#include "log.h"
#include "lwip/dhcp.h"
#include "lwip/dns.h"
#include "lwip/init.h"
#include "lwip/ip4_addr.h"
#include "lwip/timeouts.h"
#include "netif/ethernet.h"

static struct netif interface;
static const struct network_settings *settings;
static bool started;
static ip4_addr_t known; /* the address that was told */

bool network_start(const struct network_settings *wanted)
{
    static const ip4_addr_t none = {0};
    settings = wanted;
    lwip_init();
    if (netif_add(&interface, settings->fixed ? &settings->address : &none,
                  settings->fixed ? &settings->netmask : &none,
                  settings->fixed ? &settings->gateway : &none, NULL, board_netif_init,
                  ethernet_input) == NULL) {
        return false;
    }
    netif_set_default(&interface);
    netif_set_up(&interface);
    started = settings->fixed || dhcp_start(&interface) == ERR_OK;
    return started;
}

static void note_address(void)
{
    const ip4_addr_t *address = netif_ip4_addr(&interface);
    if (!ip4_addr_eq(address, &known)) {
        known = *address;
        if (ip4_addr_isany_val(known)) {
            board_log("network: the address is lost");
        } else {
            char text[IP4ADDR_STRLEN_MAX];
            log_line("network: address ", ip4addr_ntoa_r(&known, text, sizeof text));
        }
    }
    /* DHCP names its servers anew with each lease. */
    if (settings->has_dns && !ip4_addr_eq(ip_2_ip4(dns_getserver(0)), &settings->dns)) {
        ip_addr_t dns;
        ip_addr_copy_from_ip4(dns, settings->dns);
        dns_setserver(0, &dns);
    }
}

void network_poll(void)
{
    if (!started) {
        return;
    }
    bool link = netif_is_link_up(&interface);
    board_netif_poll(&interface);
    sys_check_timeouts();
    if (link != netif_is_link_up(&interface)) {
        board_log(link ? "network: cable pulled" : "network: cable plugged");
    }
    note_address();
}

bool network_is_up(void)
{
    return started && netif_is_link_up(&interface) &&
           !ip4_addr_isany_val(*netif_ip4_addr(&interface));
}

const char *network_problem(void)
{
    if (!started) {
        return "the network hardware does not answer";
    }
    if (!netif_is_link_up(&interface)) {
        return "no network cable is plugged";
    }
    return "no address came by DHCP";
}
